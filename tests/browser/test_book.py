"""Every page of the book as `make site` built it, served and looked at in a real browser."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from conftest import HTML, ROOT

PAGES = sorted(
    str(path.relative_to(HTML))
    for path in HTML.rglob("*.html")
    if path.relative_to(HTML).parts[0] not in ("_static", "slides")
)
CHAPTERS = [page for page in PAGES if page.startswith("chapters/")]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def test_there_is_a_page_for_each_notebook():
    assert [Path(page).stem for page in CHAPTERS] == [
        path.stem for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    ]


def still(page: Page) -> None:
    """Wait until nothing on the page changes its colour or place."""
    page.evaluate("""() => Promise.allSettled(document.getAnimations()
        .filter(one => one.effect.getComputedTiming().endTime < Infinity).map(one => one.finished))""")


# What holds for every page. Each is loaded once, in a wide window and in light colours.


@pytest.fixture(scope="module", params=PAGES)
def seen(request, browser, served):
    from conftest import Visit

    one = Visit(browser, viewport={"width": 1280, "height": 900}, color_scheme="light")
    one.to(served + request.param)
    one.page.wait_for_load_state("networkidle")
    yield one
    one.context.close()


def test_loads_without_an_error_and_asks_nobody_else(seen, served):
    assert not seen.faults
    assert not [url for url in seen.asked if not url.startswith((served, "data:", "blob:"))]


def test_draws_its_mathematics(seen):
    left = seen.page.evaluate("""() => [...document.querySelectorAll(".math")]
        .filter(place => !place.querySelector("mjx-container svg, mjx-container mjx-math")
                         || place.querySelector("mjx-merror, [data-mjx-error]"))
        .map(place => place.textContent)""")
    assert not left


def test_says_what_each_picture_shows(seen):
    """A picture in a link that says all itself, as on the start page, may be silent."""
    silent = seen.page.evaluate("""() => [...document.querySelectorAll("main img")]
        .filter(image => !image.alt.trim() && !image.closest("a.card"))
        .map(image => image.outerHTML.slice(0, 200))""")
    assert not silent


def test_shows_each_picture(seen):
    empty = seen.page.evaluate("""() => [...document.images]
        .filter(image => !image.complete || !image.naturalWidth).map(image => image.src.slice(0, 200))""")
    assert not empty


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_is_accessible(seen, theme):
    seen.page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    seen.page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    still(seen.page)
    if not seen.page.evaluate("() => 'axe' in window"):
        seen.page.evaluate(AXE)
    found = seen.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    serious = [
        f"{fault['id']}: {node['html'][:160]} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"][:4]
    ]
    assert not serious, "\n".join(serious)


def test_has_a_description_and_says_its_version_and_licence(seen):
    about = seen.page.locator("meta[name=description]")
    if "search" not in seen.page.url and "genindex" not in seen.page.url:
        assert len(about.get_attribute("content")) > 40
        assert seen.page.locator("meta[property='og:title']").get_attribute("content")
    foot = seen.page.locator("footer .leads, .footer .leads, .extra_footer .leads").first
    assert re.search(r"Version \d+\.\d+", foot.inner_text()) and "CC BY 4.0" in foot.inner_text()


def test_its_headings_step(seen):
    sizes = seen.page.evaluate("""() => ["h1", "h2", "h3", "h4"].map(name => {
        const one = document.querySelector(`article ${name}`), style = one && getComputedStyle(one);
        return style ? [parseFloat(style.fontSize), parseInt(style.fontWeight)] : null;
    }).filter(Boolean)""")
    assert sizes == sorted(sizes, reverse=True) and len({size for size, _ in sizes}) == len(sizes)


def test_shows_no_raw_table(seen):
    text = seen.page.locator("main").inner_text()
    assert not re.search(r"\|\s*:?-{3,}|\|\s*—\s*\|", text)


CUT = """() => [...document.querySelectorAll(".cell_input pre, .cell_output pre, details.help pre")]
    .filter(one => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
    .map(one => one.innerText.slice(0, 100))"""


@pytest.mark.parametrize("width", [1280, 768, 375])
@pytest.mark.parametrize("page", CHAPTERS)
def test_no_line_of_code_is_cut_off(visit, served, page, width):
    seen = visit(width=width, height=900).to(served + page)
    seen.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    assert not seen.evaluate(CUT)


@pytest.mark.parametrize("page", CHAPTERS)
def test_nothing_is_cut_off_in_print(visit, served, page):
    seen = visit(width=700, height=900).to(served + page)  # A4 less its margins
    seen.emulate_media(media="print")
    seen.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    assert not seen.evaluate(CUT)
    assert seen.evaluate("() => document.scrollingElement.scrollWidth") <= 700


@pytest.mark.parametrize("page", PAGES)
def test_fits_on_a_phone(visit, served, page):
    phone = visit(width=375, height=740).to(served + page)
    phone.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    wide = phone.evaluate("""() => document.scrollingElement.scrollWidth <= 375 ? [] :
        [...document.querySelectorAll("main *")]
            .filter(one => one.getBoundingClientRect().right > 376)
            .map(one => one.outerHTML.slice(0, 120)).slice(0, 8)""")
    assert phone.evaluate("() => document.scrollingElement.scrollWidth") <= 375, wide


# Links, without a browser.


class Links(HTMLParser):
    """The places that a page leads to, and those in it that one can be led to."""

    def __init__(self, text: str):
        super().__init__()
        self.leads, self.places = [], {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.places |= {attributes.get("id"), attributes.get("name")}
        self.leads += [attributes[name] for name in ("href", "src") if attributes.get(name)]


def test_every_link_and_anchor_leads_somewhere():
    pages = {path.relative_to(HTML).as_posix(): path for path in HTML.rglob("*") if path.is_file()}
    read = {
        name: Links(path.read_text())
        for name, path in pages.items()
        if name in PAGES or "slides/" in name[:7]
        if name.endswith(".html")
    }
    lost = []
    for name, page in read.items():
        for lead in page.leads:
            if re.match(r"[a-z]+:", lead):
                continue
            address, anchor = urldefrag(urljoin(name, lead.split("?")[0]))
            target = unquote(address) or name
            if target not in pages or (
                target in read and not anchor.startswith("/") and anchor not in read[target].places
            ):
                lost.append(f"{name}: {lead}")
    assert not lost


# What a reader does.


def test_a_section_says_how_long_it_takes_and_they_add_up(visit, served):
    for chapter in CHAPTERS:
        shown = visit().to(served + chapter).locator("main").inner_text()
        minutes = sum(map(int, re.findall(r"about (\d+) minutes?\n", shown)))
        count, half, unit = re.search(r"Time: about (\d+)(½?) (hour|minute)", shown).groups()
        stated = int(count) if unit == "minute" else 60 * int(count) + 30 * bool(half)
        assert abs(minutes - stated) < 15


def test_code_can_be_copied(visit, served):
    page = visit().to(served + CHAPTERS[1])
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = page.locator(".cell_input").first
    cell.hover()
    cell.get_by_role("button", name="Copy").click()
    expect(cell.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.strip() == cell.locator("pre").inner_text().strip()


def test_a_chapter_remembers_how_far_one_is(visit, served):
    page = visit().to(served + CHAPTERS[1])
    expect(page.locator(".how-far")).to_contain_text("0 of ")
    for _ in range(12):
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(60)
    page.reload()
    expect(page.locator(".how-far")).to_contain_text(re.compile(r"[1-9]\d* of \d+ sections read"))
    page.get_by_role("link", name="Go on where you were").click()
    assert page.evaluate("() => scrollY") > 1000
    page.goto(served + "index.html")
    bar = page.locator(f"progress[data-chapter='{Path(CHAPTERS[1]).stem}']")
    expect(bar).to_be_visible()
    assert 0 < float(bar.evaluate("one => one.value")) < 1


def test_a_term_says_its_meaning_by_touch(browser, served):
    from conftest import Visit

    one = Visit(browser, viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True)
    page = one.to(served + CHAPTERS[4])
    term = page.locator("a:has(.std-term)").first
    term.scroll_into_view_if_needed()
    term.tap()
    expect(page.locator(".meaning")).to_contain_text(term.get_attribute("title")[:30])
    term.tap()
    expect(page).to_have_url(re.compile("/glossary.html#term-"))
    one.context.close()


def test_from_the_start_page_through_the_chapters(visit, served):
    page = visit().to(served)
    page.get_by_role("link", name=re.compile("Begin with chapter")).click()
    for chapter in CHAPTERS:
        expect(page).to_have_url(served + chapter)
        page.locator(".prev-next-footer .right-next, .right-next").first.click()
    expect(page).to_have_url(served + "results.html")
    page.locator(".left-prev").first.click()
    expect(page).to_have_url(served + CHAPTERS[-1])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768, 375])
def test_the_slider_moves_the_threshold(visit, served, width, theme):
    reader = visit(width=width, color_scheme=theme)
    page = reader.to(served + "chapters/05_evaluation.html")
    slider = page.get_by_role("slider", name="threshold")
    place = page.locator(".slider")
    told, line = place.locator("[data-told]"), place.locator("i")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("At 15%: .* found"))
    before, stood = told.all_inner_texts(), line.bounding_box()["x"]
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    expect(place.locator("output")).to_have_text("25%")
    expect(told.first).to_have_text(re.compile("At 25%: "))
    after = told.all_inner_texts()
    assert len(after) == 9 and line.bounding_box()["x"] > stood
    for texts in (before, after):
        assert_measures_follow_from_the_boxes(texts)
    assert [sum(map(int, texts[1:5])) for texts in (before, after)] == 2 * [480]
    assert int(after[1]) <= int(before[1]) and int(after[2]) < int(before[2])
    page.keyboard.press("End")
    expect(told.first).not_to_have_text(re.compile("At 25%: "))
    box, picture = line.bounding_box(), place.locator("img").bounding_box()
    assert picture["x"] < box["x"] < picture["x"] + picture["width"]
    assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
    assert not place.evaluate("one => one.scrollWidth > one.clientWidth")
    assert not reader.faults


def assert_measures_follow_from_the_boxes(texts: list[str]) -> None:
    found, false, missed, left = map(int, texts[1:5])
    shares = found / (found + missed), left / (left + false), found / (found + false), left / (left + missed)
    for share, text in zip(shares, texts[5:], strict=True):
        assert abs(100 * share - int(text.partition("%")[0])) <= 0.5 + 1e-9


def test_the_slider_moves_by_touch(browser, served):
    from conftest import Visit

    one = Visit(browser, viewport={"width": 375, "height": 740}, has_touch=True, is_mobile=True)
    page = one.to(served + "chapters/05_evaluation.html")
    slider = page.get_by_role("slider", name="threshold")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box["height"] >= 24
    slider.tap(position={"x": 0.8 * box["width"], "y": box["height"] / 2})
    expect(page.locator(".slider output")).not_to_have_text("15%")
    one.context.close()


def test_without_a_script_and_in_print_the_slider_stands_at_its_start(browser, visit, served):
    from conftest import Visit

    one = Visit(browser, viewport={"width": 768, "height": 900}, java_script_enabled=False)
    one.page.goto(served + "chapters/05_evaluation.html")
    printed = visit(width=700).to(served + "chapters/05_evaluation.html")
    printed.emulate_media(media="print")
    for page in (one.page, printed):
        place = page.locator(".slider")
        expect(place.locator("[data-told]").first).to_have_text(re.compile("At 15%: "))
        expect(place.locator("img")).to_be_visible()
        expect(place.locator("input")).not_to_be_visible()
    one.context.close()


def search(page: Page, words: str) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Search finished")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768, 375])
def test_search_finds_the_section_and_a_term_first(visit, served, width, theme):
    reader = visit(width=width, color_scheme=theme)
    page = reader.to(served)
    search(page, "calibration")
    found = page.locator("ul.search li")
    expect(found.first.locator("a")).to_have_text("Glossary › calibration")
    expect(found.first.locator("a")).to_have_attribute("href", "glossary.html#term-calibration")
    assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
    hit = found.filter(has=page.locator("a[href^='chapters/05_evaluation.html#']")).first
    link, section = hit.locator("a"), hit.locator("a").inner_text().partition(" › ")[2]
    assert section and link.inner_text().startswith("5 · Evaluation")
    expect(hit.locator("p mark").first).to_have_text(re.compile("calibrat", re.IGNORECASE))
    link.click()
    expect(page).to_have_url(re.compile(r"/chapters/05_evaluation\.html#."))
    heading = page.locator("section:target").locator("h1, h2, h3").first
    expect(heading).to_have_text(re.compile(re.escape(section)))
    expect(heading).to_be_in_viewport()
    assert "calibrat" in page.locator("section:target").inner_text().lower()
    assert not reader.faults


def test_every_hit_leads_to_a_place_on_its_page(visit, served):
    page = visit().to(served + "search.html?q=threshold")
    expect(page.get_by_text("Search finished")).to_be_visible()
    found = page.locator("ul.search li a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    assert len(found) > 10
    for address, anchor in map(urldefrag, found):
        assert unquote(anchor) in Links((HTML / address).read_text()).places, address


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("threshold_by_cost", "Choosing a threshold"),  # code
        ("u-net", "Segmentation: how large"),  # as it is, not a word that begins with each half
        ("SENSITIVITY", "Glossary › sensitivity"),
    ],
)
def test_the_best_hit_comes_first(visit, served, words, first):
    page = visit().to(served)
    search(page, words)
    expect(page.locator("ul.search li a").first).to_contain_text(first)


def test_search_says_that_it_found_nothing_and_shows_html_as_text(visit, served):
    reader = visit()
    page = reader.to(served)
    search(page, "qwertz")
    expect(page.get_by_text("no section has these words")).to_be_visible()
    page.goto(served + "search.html?q=" + quote("<img src=x onerror=alert(1)> gan"))
    expect(page.get_by_text("Search finished")).to_be_visible()
    assert not page.locator("ul.search :not(li, a, p, mark)").count() and not reader.faults


def test_an_exercise_has_a_hint_and_a_solution(visit, served):
    page = visit().to(served + "chapters/05_evaluation.html")
    hints, solutions = (
        page.locator("details.help", has=page.locator(f"summary:text-is('{what}')"))
        for what in ("Hint", "Solution")
    )
    assert hints.count() == solutions.count() == 9
    said = hints.first.locator("p")
    assert not said.is_visible()
    hints.first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(said).to_be_visible()
    expect(said).to_contain_text("alarm")
    solutions.first.locator("summary").click()
    expect(solutions.first.locator("pre")).to_be_visible()
    expect(solutions.first.locator("pre")).to_contain_text("found / (found + false)")


def test_every_exercise_has_help(visit, served):
    for chapter in CHAPTERS:
        page = visit().to(served + chapter)
        asked = len(re.findall(r"\.q\d+\.check\(", page.locator("main").inner_text()))
        assert asked == page.locator("details.help summary:text-is('Hint')").count() > 0


def test_what_answers_a_bold_question_is_folded(visit, served):
    for chapter in CHAPTERS:
        page = visit().to(served + chapter)
        folded = page.locator(".cell details.hide.below-input")
        assert folded.count() > 2, chapter
        assert not folded.first.locator(".cell_output").is_visible()
        folded.first.locator("summary").click()
        expect(folded.first.locator(".cell_output")).to_be_visible()


def test_the_picture_that_a_question_is_about_is_in_sight(visit, served):
    for chapter in ("02_cnn_diagnosis", "03_rnn_ehr", "04_gan_synthesis", "05_evaluation"):
        cells = visit().to(f"{served}chapters/{chapter}.html").locator(".cell.tag_in-sight")
        assert cells.count() >= 1, chapter
        for place in range(cells.count()):
            assert cells.nth(place).locator(".cell_output img").is_visible(), chapter


def test_a_term_leads_to_its_meaning(visit, served):
    page = visit().to(served + "chapters/05_evaluation.html")
    term = page.locator("a:has(.std-term)", has_text="sensitivity").first
    assert "share that is found" in term.get_attribute("title")
    term.click()
    expect(page).to_have_url(re.compile("/glossary.html#term-"))
    expect(page.locator("dt:target")).to_have_text(re.compile("^\\s*sensitivity"))


def test_dark_mode_is_kept(visit, served):
    page = visit(color_scheme="light").to(served)
    colour = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colour)
    page.locator(".theme-switch-button:visible").click()
    page.locator(".theme-change-button[data-mode=dark]:visible").click()
    still(page)
    dark = page.evaluate(colour)
    assert dark != light
    page.goto(served + CHAPTERS[0])
    still(page)
    assert page.evaluate(colour) == dark


@pytest.mark.parametrize("page", ["index.html", "chapters/05_evaluation.html", "search.html"])
def test_shows_where_the_keyboard_is(visit, served, page):
    page = visit().to(served + page)
    unseen, places = [], set()
    for _ in range(40):
        page.keyboard.press("Tab")
        still(page)  # some places slide in
        one = page.evaluate("""() => {
            const one = document.activeElement, style = getComputedStyle(one);
            const outlined = style.outlineStyle != "none" && parseFloat(style.outlineWidth) > 0;
            const box = one.getBoundingClientRect();
            return {html: one.outerHTML.slice(0, 160), seen: outlined || style.boxShadow != "none",
                    there: box.width > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth};
        }""")
        places.add(one["html"])
        if not (one["seen"] and one["there"]) and not one["html"].startswith("<body"):
            unseen.append(one["html"])
    assert len(places) > 15
    assert not unseen


def test_the_menu_opens_on_a_phone(visit, served):
    page = visit(width=375, height=740).to(served + CHAPTERS[0])
    entry = page.locator("nav a", has_text="Glossary").first
    assert not entry.is_visible()
    page.locator("button.primary-toggle:visible").first.click()
    page.locator("nav a:visible", has_text="Glossary").first.click()
    expect(page).to_have_url(served + "glossary.html")


def test_the_results_are_those_measured(visit, served):
    page = visit().to(served + "results.html")
    shown = page.locator("main").inner_text()
    for path in sorted((ROOT / "site" / "results").glob("*.json")):
        table = json.loads(path.read_text())
        for summary in [
            one
            for values in (table["ours"], table.get("together", {}), *table["baselines"].values())
            for one in values.values()
        ]:
            assert f"{summary['mean']:.3f}" in shown


def test_the_data_page_says_licence_and_whom_to_cite(visit, served):
    shown = visit().to(served + "data.html").locator("main").inner_text()
    for words in ("CC BY 4.0", "Yang et al.", "Silva et al.", "Goldberger et al.", "open access"):
        assert words in shown


def test_opens_from_the_file_system(visit):
    reader = visit()
    page = reader.to((HTML / "index.html").as_uri())
    page.get_by_role("link", name=re.compile("Begin with chapter")).click()
    page.wait_for_function("() => document.querySelectorAll('mjx-container svg').length > 5")
    assert not reader.faults
    page.goto((HTML / "search.html").as_uri() + "?q=calibration")
    found = page.locator("ul.search li", has_text="5 · Evaluation").first
    expect(found.locator("mark").first).to_be_visible()
    found.locator("a").click()
    expect(page.locator("section:target")).to_be_visible()
    assert not reader.faults
