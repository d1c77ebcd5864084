"""The page of `medlearn serve` as a person uses it: a real server, started by its command, in a real browser.

The model answers on the server, and then in the browser with the server ended and the network off.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from conftest import ROOT, Visit

PYTHON = ROOT / ".venv" / "bin" / "python"
ORT = Path(os.environ.get("MEDLEARN_ORT", ROOT / ".venv-site" / "ort"))  # onnxruntime-web 1.30.0
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
PATIENCE = 60_000  # milliseconds for what also loads 15 MB, or waits for a server of two busy cores
NOTICE = "made for learning, not for use on patients"

# Models and films, written by what .venv has installed.
WRITE = """
import dataclasses
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from medlearn.data.images.simulate.clinic import write_clinic
from medlearn.data.images.simulate.films import draw_films
from medlearn.models.cnn import course_net
from medlearn.serve import Served, export, make_card
from medlearn.serve.reading import read_upload
from medlearn.training import set_seed

folder = Path(sys.argv[1])
set_seed(0)
net = course_net((28, 28, 1), width=4)
films, _ = draw_films(np.arange(80) % 2, seed=0, pixels=28)
about = {"name": "a small net", "classes": ("normal", "pneumonia"), "threshold": 0.3}
card = make_card(net, films[:40], films[40:], **about, trained_on="drawn films", simulated=True, kept=1.0)
card = dataclasses.replace(card, limit=2 * card.limit)
served = Served.read(export(net, folder / "model.onnx", card))
large, _ = draw_films(np.arange(4) % 2, seed=1, pixels=150)
for number, film in enumerate(large[..., 0]):
    image = Image.fromarray(film)
    image.crop((0, 0, 150, 140 + number)).save(folder / f"film{number}.png")
    image.save(folder / f"film{number}.jpg", quality=95)
stripes = np.tile((np.arange(56)[:, None] // 8 % 2 * 255).astype("uint8"), 56)
Image.fromarray(stripes).save(folder / "unlike.png")
unlike = read_upload((folder / "unlike.png").read_bytes(), "", card).pixels
assert served.answer(unlike[None, ..., None]).distance > 1.5 * card.limit
Image.new("RGB", (64, 64), "red").save(folder / "colour.png")
Image.new("L", (64, 64), 90).save(folder / "flat.png")
Image.new("L", (9, 9), 90).save(folder / "small.png")
(folder / "words.png").write_text("no picture")
write_clinic(folder / "clinic", visits=13)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model and films to give it."""
    place = tmp_path_factory.mktemp("serve")
    done = subprocess.run(
        [PYTHON, "-c", WRITE, place], cwd=ROOT, env=environment(), capture_output=True, text=True
    )
    assert not done.returncode, done.stderr
    return place


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}


class Server(NamedTuple):
    """A server's process and the address that it printed, token and all."""

    process: subprocess.Popen
    address: str

    @property
    def root(self) -> str:
        return self.address.partition("?")[0]


@contextlib.contextmanager
def started(folder: Path, tmp_path: Path) -> Iterator[Server]:
    """The command, with the model of the `folder` and its log in `tmp_path`; it has said its address."""
    command = [PYTHON, "-m", "medlearn", "serve", "--model", folder / "model.onnx", "--port", "0"]
    command += ["--log", tmp_path / "answers.jsonl", *(("--ort", ORT) if ORT.is_dir() else ())]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, text=True)
    said = process.stdout.readline() + process.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/\?token=\S+", said)
    assert found and NOTICE in said, said
    try:
        yield Server(process, found[0])
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory) -> Iterator[Server]:
    with started(folder, tmp_path_factory.mktemp("log")) as one:
        yield one


@pytest.fixture
def mortal(folder, tmp_path) -> Iterator[Server]:
    """A server of its own, for a test that ends it."""
    with started(folder, tmp_path) as one:
        yield one


def end(server: Server) -> None:
    server.process.kill()
    server.process.wait(20)


def opened(visit, server: Server, **options) -> Visit:
    one = visit(**options)
    one.to(server.address)
    expect(one.page.locator("body")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    return one


def give(page: Page, film: Path) -> None:
    """Give the page a film, and wait for what it says."""
    page.evaluate("() => { document.body.dataset.state = 'waiting' }")
    page.locator("#file").set_input_files(film)
    expect(page.locator("body")).to_have_attribute(
        "data-state", re.compile("answered|refused"), timeout=PATIENCE
    )


def turn_on(page: Page) -> None:
    page.get_by_role("switch", name="Answer in this browser").click()
    expect(page.get_by_role("switch")).to_have_attribute("aria-checked", "true", timeout=PATIENCE)


def saved(page: Page) -> dict:
    """What the button saves as JSON."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the answer").click()
    return json.loads(download.value.path().read_text())


needs_ort = pytest.mark.skipif(
    not ORT.is_dir(),
    reason="onnxruntime-web 1.30.0 is not here: MEDLEARN_ORT names a folder with its two files",
)


def test_by_keyboard_alone_from_the_film_to_the_saved_answer(visit, server, folder):
    page = opened(visit, server).page
    page.on("filechooser", lambda _: None)  # from now on no dialogue of the system opens
    assert "token" not in page.url
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "file"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(folder / "film1.png")
    expect(page.locator("#says")).to_be_focused()
    expect(page.locator("#says")).to_have_text(re.compile("The model reads: (normal|pneumonia)"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "map"
    expect(page.locator("#caption")).to_contain_text("Orange speaks for pneumonia")
    page.keyboard.press("Space")
    expect(page.locator("#caption")).not_to_contain_text("Orange")
    page.keyboard.press("Tab")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    answer = json.loads(download.value.path().read_text())
    assert answer["notice"] == NOTICE and answer["decision"] in ("normal", "pneumonia")
    assert answer["film"]["digest"] and "page" not in answer


def test_a_film_is_dragged_onto_the_page(visit, server, folder):
    page = opened(visit, server).page
    content = list((folder / "film0.png").read_bytes())
    carried = page.evaluate_handle(
        """content => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(content)], "film0.png", {type: "image/png"}));
            return carried;
        }""",
        content,
    )
    page.dispatch_event("#drop", "dragover", {"dataTransfer": carried})
    expect(page.locator("#drop")).to_have_class("drop over")
    page.dispatch_event("#drop", "drop", {"dataTransfer": carried})
    expect(page.locator("#says")).to_contain_text("The model reads")
    expect(page.locator("#drop")).to_have_class("drop")


def test_a_dicom_film_gets_an_answer_and_a_report_to_save(visit, server, folder):
    page = opened(visit, server).page
    answered = 0
    for film in sorted((folder / "clinic").rglob("*.dcm"))[:6]:
        give(page, film)
        if page.locator("body").get_attribute("data-state") == "answered":
            answered += 1
            with page.expect_download() as download:
                page.get_by_role("button", name="Save the report (DICOM)").click()
            content = download.value.path().read_bytes()
            assert content[128:132] == b"DICM" and NOTICE.encode() in content
    assert answered


def test_nothing_is_asked_of_another_host_and_nothing_fails(visit, server, folder):
    one = opened(visit, server)
    give(one.page, folder / "film2.jpg")
    assert not one.faults
    assert [url for url in one.asked if url.startswith(server.root)]
    assert not [url for url in one.asked if not url.startswith((server.root, "data:", "blob:"))]


REFUSALS = {
    "unlike.png": "unlike those that the model was trained on",
    "colour.png": "colour",
    "flat.png": "one grey",
    "small.png": "9",
    "words.png": "PNG",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_gets_no_answer_gets_a_sentence(visit, server, folder, name):
    page = opened(visit, server).page
    give(page, folder / "film0.png")
    give(page, folder / name)
    expect(page.locator("#says")).to_have_text("No answer")
    expect(page.locator("#says")).to_be_focused()
    expect(page.locator("#sentence")).to_contain_text(REFUSALS[name])
    expect(page.locator("#answered")).to_be_hidden()


def test_the_page_outlives_a_reload_and_says_when_the_server_is_gone(visit, mortal, folder):
    page = opened(visit, mortal).page
    page.reload()
    expect(page.locator("body")).to_have_attribute("data-state", "ready")
    expect(page.locator("#card")).to_contain_text(NOTICE)
    end(mortal)
    give(page, folder / "film0.png")
    expect(page.locator("#sentence")).to_contain_text("The server does not answer")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["", "film0.png", "unlike.png"])
def test_is_accessible(visit, server, folder, theme, name):
    page = opened(visit, server, color_scheme=theme).page
    if name:
        give(page, folder / name)
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    faults = [
        f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"][:4]
    ]
    assert not faults, "\n".join(faults)


def test_dark_is_dark(visit, server):
    grounds = []
    for theme in ("light", "dark"):
        page = opened(visit, server, color_scheme=theme).page
        colour = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(map(int, re.findall(r"\d+", colour)[:3])))
    assert grounds[0] > 700 and grounds[1] < 120


@pytest.mark.parametrize("width", [375, 320])
def test_fits_a_phone(visit, server, folder, width):
    page = opened(visit, server, width=width, height=700).page
    for name in ("film0.png", "unlike.png"):
        give(page, folder / name)
        assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
    give(page, folder / "film0.png")
    low = page.locator("button:visible").evaluate_all(
        "all => all.filter(one => one.offsetHeight < 44).length"
    )
    assert not low and page.locator("button:visible").count() >= 2


@pytest.mark.parametrize("width", [375, 768, 1280])
def test_an_answer_and_the_notice_are_in_sight_at_once(visit, server, folder, width):
    page = opened(visit, server, width=width, height=720).page
    notice = page.locator("header .notice")
    for name, seen in (("film0.png", "#says, #about, #sentence, #scale, #film"), ("unlike.png", "#sentence")):
        give(page, folder / name)
        expect(page.locator("#about")).to_contain_text(f"{name}, read by this server")
        for one in (notice, *page.locator(seen).all()):
            expect(one).to_be_in_viewport(ratio=0.9)
    page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    expect(notice).to_be_in_viewport(ratio=0.9)
    assert width > 375 or page.evaluate("() => scrollY") > 0


def test_by_keyboard_an_answer_leads_to_the_map_and_what_can_be_saved(visit, server, folder):
    page = opened(visit, server, width=375, height=500).page
    give(page, next((folder / "clinic").glob("*.dcm")))
    notice = page.locator("header .notice").bounding_box()
    for name in ("map", "json", "report"):
        page.keyboard.press("Tab")
        one = page.locator(f"#{name}")
        expect(one).to_be_focused()
        assert one.bounding_box()["y"] >= notice["y"] + notice["height"], "the notice does not cover it"
        assert one.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    for name in ("json", "map", "here", "file"):
        page.keyboard.press("Shift+Tab")
        expect(page.locator(f"#{name}")).to_be_focused()
        assert page.locator(f"#{name}").bounding_box()["y"] >= notice["y"] + notice["height"] - 1


def test_the_limits_are_said_before_a_film_is_given(visit, server):
    card = opened(visit, server).page.locator("#card")
    for said in ("knows of nothing else", "28 × 28 pixels", "30 %: from this", "is unlike", NOTICE):
        expect(card).to_contain_text(said)


@needs_ort
def test_the_browser_answers_as_the_server_does_with_the_server_gone_and_the_network_off(
    visit, mortal, folder
):
    one = opened(visit, mortal)
    films = [folder / f"film{number}.{kind}" for number in range(4) for kind in ("png", "jpg")]
    by_server, by_browser = {}, {}
    for film in films:
        give(one.page, film)
        by_server[film] = saved(one.page)
    turn_on(one.page)
    end(mortal)
    one.context.set_offline(True)
    for film in films:
        give(one.page, film)
        by_browser[film] = saved(one.page)
    assert not one.faults
    assert not [url for url in one.asked if not url.startswith((mortal.root, "data:", "blob:"))]
    for film in films:
        ours, theirs = by_browser[film], by_server[film]
        near = 1e-5 if film.suffix == ".png" else 0.01  # two decoders of JPEG may differ by a grey
        assert ours["by"] != theirs["by"] and ours["film"]["digest"] == theirs["film"]["digest"]
        assert ours["p"] == pytest.approx(theirs["p"], abs=near), film.name
        assert ours["distance"] == pytest.approx(theirs["distance"], rel=1e-3 if near == 1e-5 else 0.1)
        same = ("notice", "model", "name", "classes", "threshold", "limit", "trained_on", "simulated")
        assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}


@needs_ort
@pytest.mark.parametrize("name", [*REFUSALS, "clinic"])
def test_what_gets_no_answer_gets_none_in_the_browser_either(visit, server, folder, name):
    page = opened(visit, server).page
    turn_on(page)
    film = next((folder / "clinic").rglob("*.dcm")) if name == "clinic" else folder / name
    give(page, film)
    expect(page.locator("#says")).to_have_text("No answer")
    expect(page.locator("#sentence")).to_contain_text(REFUSALS.get(name, "DICOM"))


@needs_ort
def test_the_switch_is_turned_by_keyboard_and_back_again(visit, server, folder):
    page = opened(visit, server).page
    switch = page.get_by_role("switch", name="Answer in this browser")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(page.locator("#where")).to_contain_text("the network off")
    expect(switch).to_be_focused()
    page.keyboard.press("Enter")
    expect(switch).to_have_attribute("aria-checked", "false")
    give(page, folder / "film0.png")
    assert saved(page)["by"] == "this server"
