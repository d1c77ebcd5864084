"""Each chapter's slides, opened as a file, without a network, and gone through to the end."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from conftest import ROOT, SLIDES

DECKS = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]

NEXT = """() => {
    const slide = Reveal.getCurrentSlide(), last = Reveal.isLastSlide();
    const parts = [...slide.children].filter(one => !one.matches("aside"));
    const seen = {
        title: slide.querySelector("h1, h2").innerText,
        words: parts.slice(1).map(one => one.innerText).join(" ").split(/\\s+/).filter(Boolean).length,
        shows: slide.querySelectorAll("img, table, pre, mjx-container[display]").length,
        bottom: Math.max(...parts.map(one => one.offsetTop + one.offsetHeight)),
        wide: parts.filter(one => one.scrollWidth > one.clientWidth + 2).length,
        small: [...slide.querySelectorAll("img")].filter(one => one.clientHeight < 150).length,
        unnamed: [...slide.querySelectorAll("img")].filter(one => !one.alt || !one.naturalWidth).length,
        asks: slide.querySelectorAll("strong").length && /\\?/.test(slide.innerText),
        said: slide.querySelector("aside")?.textContent.trim().split(/\\s+/).length ?? 0,
        last,
    };
    Reveal.next();
    return seen;
}"""


@pytest.fixture(scope="module", params=DECKS)
def deck(request, browser):
    from conftest import Visit

    one = Visit(browser, viewport={"width": 1280, "height": 720}, offline=True)
    one.to((SLIDES / f"{request.param}.html").as_uri())
    one.page.wait_for_function("() => Reveal.isReady()")
    one.page.wait_for_function("() => !document.querySelector('.slides').textContent.includes('\\\\(')")
    one.slides = []
    while not one.slides or not one.slides[-1]["last"]:
        one.slides.append(one.page.evaluate(NEXT))
        assert len(one.slides) < 60
    yield one
    one.context.close()


def test_asks_for_nothing_that_is_not_there(deck):
    assert not deck.faults
    assert all(url.startswith(("file:", "data:", "blob:")) for url in deck.asked)


def test_has_15_to_25_slides_with_pictures_and_questions(deck):
    assert 15 <= len(deck.slides) <= 25
    assert sum(slide["shows"] > 0 for slide in deck.slides) >= 8
    assert sum(bool(slide["asks"]) for slide in deck.slides) >= 4


def test_nothing_stands_alone(deck):
    """A slide has a heading, words around what it shows, and what the speaker says."""
    thin = [s["title"] for s in deck.slides if s["words"] < (4 if s["shows"] else 10)]
    assert not thin
    assert not [slide["title"] for slide in deck.slides[1:] if slide["said"] < 8]


def test_nothing_leaves_a_slide_and_every_picture_can_be_seen(deck):
    assert not [s for s in deck.slides if s["bottom"] > 702 or s["wide"] or s["small"]]


def test_says_what_each_picture_shows(deck):
    assert not [slide["title"] for slide in deck.slides if slide["unnamed"]]


def test_draws_its_mathematics(deck):
    assert not deck.page.evaluate(
        "() => [...document.querySelectorAll('mjx-merror, [data-mjx-error]')].length"
    )
    text = deck.page.evaluate("() => document.querySelector('.slides').textContent")
    assert "\\[" not in text and "\\(" not in text


def test_leads_back_to_the_chapter_and_to_all_slides(deck, request):
    leads = deck.page.locator("nav.leads a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert leads[0] == "index.html" and leads[1].startswith("../html/chapters/")


def test_the_list_names_every_deck(visit):
    page = visit().to((SLIDES / "index.html").as_uri())
    assert page.locator("ol a").count() == len(DECKS)
    page.locator("ol a").first.click()
    expect(page.locator(".slides section.present h1")).to_be_visible()
