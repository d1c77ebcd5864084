"""Each chapter's slides, opened as a file, without a network, and gone through to the end."""

from __future__ import annotations

import pytest

from conftest import ROOT, SLIDES

DECKS = [path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]

NEXT = """() => {
    const slide = Reveal.getCurrentSlide(), last = Reveal.isLastSlide();
    const seen = {
        text: slide.innerText.slice(0, 80),
        height: Math.max(...[...slide.children].map(one => one.offsetTop + one.offsetHeight), 0),
        wide: [...slide.children].filter(one => one.scrollWidth > 1122).length,
        unnamed: [...slide.querySelectorAll("img")].filter(one => !one.alt || !one.naturalWidth).length,
        last,
    };
    Reveal.next();
    return seen;
}"""


@pytest.fixture(scope="module", params=DECKS)
def deck(request, browser):
    from conftest import Visit

    one = Visit(browser, viewport={"width": 1280, "height": 800}, offline=True)
    one.to((SLIDES / f"{request.param}.html").as_uri())
    one.page.wait_for_function("() => Reveal.isReady()")
    one.slides = []
    while not one.slides or not one.slides[-1]["last"]:
        one.slides.append(one.page.evaluate(NEXT))
        assert len(one.slides) < 400
    yield one
    one.context.close()


def test_asks_for_nothing_that_is_not_there(deck):
    assert not deck.faults
    assert all(url.startswith(("file:", "data:", "blob:")) for url in deck.asked)


def test_has_slides_with_pictures_questions_and_claims(deck):
    page = deck.page
    assert len(deck.slides) > 25
    assert page.locator("section section img").count() >= 5
    assert page.locator(".question").count() >= 5
    assert page.locator(".claim").count() >= 5
    assert page.locator("aside.notes").count() > 15


def test_nothing_leaves_a_slide(deck):
    assert not [slide for slide in deck.slides if slide["height"] > 700 or slide["wide"]]


def test_says_what_each_picture_shows(deck):
    assert not [slide["text"] for slide in deck.slides if slide["unnamed"]]


def test_draws_its_mathematics(deck):
    assert not deck.page.evaluate(
        "() => [...document.querySelectorAll('mjx-merror, [data-mjx-error]')].length"
    )
    text = deck.page.evaluate("() => document.querySelector('.slides').textContent")
    assert "\\[" not in text and "\\(" not in text
