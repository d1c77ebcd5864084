"""The notebooks as a person uses them: a real JupyterLab, started by `make lab`, in a real browser.

In a copy of the checkout, so that nothing typed here stays; with what .venv has installed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from conftest import ROOT, Visit

PATIENCE = 300  # seconds that a whole notebook may take on a busy machine


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A copy of what `make lab` needs, with the installed environment."""
    folder = tmp_path_factory.mktemp("course")
    for name in ("Makefile", "requirements.txt"):
        shutil.copy2(ROOT / name, folder)  # with its time: or make would install anew
    for name, left_out in (("notebooks", ".*"), ("tools", "__pycache__")):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(left_out, "src"))
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


@pytest.fixture(scope="module")
def lab(course, tmp_path_factory) -> Iterator[str]:
    """The address, with its token, that JupyterLab prints."""
    home = tmp_path_factory.mktemp("home")
    mine = ("MEDLEARN_", "JUPYTER", "PYTHONPATH", "MAKE", "MFLAGS", "IPYTHON", "MPLBACKEND")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    environment |= {"HOME": str(home), "MEDLEARN_CACHE": str(home / "cache")}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = home / "lab.txt"
    with log.open("w") as out:
        server = subprocess.Popen(
            ["make", "lab", f"ARGS=--no-browser --port={port}"],
            cwd=course,
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            yield _address(log, server)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


def _address(log: Path, server: subprocess.Popen) -> str:
    for _ in range(PATIENCE):
        if found := re.search(r"http://127\.0\.0\.1:\d+/lab\S*\?token=\w+", log.read_text()):
            return found[0]
        assert server.poll() is None, log.read_text()
        time.sleep(1)
    raise AssertionError(f"JupyterLab did not say where it is:\n{log.read_text()}")


@pytest.fixture(scope="module")
def window(browser, lab) -> Iterator[Page]:
    """JupyterLab as it opens: on chapter 1."""
    one = Visit(browser, viewport={"width": 1400, "height": 1000})
    one.page.goto(lab)
    one.page.locator(".jp-Notebook:visible").wait_for(timeout=60_000)
    # On a busy machine the lab's own saving and ours can cross, and it asks what to do.
    one.page.add_locator_handler(one.page.locator(".jp-Dialog", has_not_text="Restart"), go_on)
    yield one.page
    one.context.close()


def go_on(dialog: Locator) -> None:
    """Answer a question of JupyterLab so that what is in the browser stays."""
    overwrite = dialog.locator("button", has_text="Overwrite")
    (overwrite if overwrite.count() else dialog.locator("button.jp-mod-accept")).first.click()


def choose(page: Page, menu: str, entry: str) -> None:
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{menu}$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{entry}")).first.click()


def panel(page: Page) -> Locator:
    """The notebook in front; others may be open behind it."""
    return page.locator(".jp-NotebookPanel:visible")


def saved(page: Page, path: Path) -> dict:
    """The notebook as it now stands, read from its file."""
    before = path.stat().st_mtime_ns
    choose(page, "File", "Save Notebook$")
    for _ in range(PATIENCE):
        page.wait_for_timeout(500)
        if path.stat().st_mtime_ns != before and (text := path.read_text()).endswith("}\n"):
            return json.loads(text)
    raise AssertionError(f"{path.name} was not saved")


def wait_until_run(page: Page, path: Path) -> dict:
    """Wait until every cell has run; the notebook then."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        page.wait_for_timeout(2000)
        if panel(page).locator("[data-status=idle]").count():
            notebook = saved(page, path)
            if all(cell["execution_count"] for cell in code(notebook)):
                return notebook
    left = [cell["source"] for cell in code(notebook) if not cell["execution_count"]]
    raise AssertionError(f"not run after {PATIENCE} s: {left[:1]}")


def code(notebook: dict) -> list[dict]:
    return [
        cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "".join(cell["source"]).strip()
    ]


def outputs(notebook: dict, kind: str) -> int:
    return sum(kind in output.get("data", {}) for cell in code(notebook) for output in cell["outputs"])


def printed(notebook: dict) -> str:
    return "".join("".join(output.get("text", "")) for cell in code(notebook) for output in cell["outputs"])


def run_afresh(page: Page, path: Path) -> None:
    """Run a copy, which came without outputs, and hold it against what was committed."""
    committed = json.loads((ROOT / "notebooks" / path.name).read_text())
    assert not any(cell["outputs"] for cell in code(json.loads(path.read_text())))
    panel(page).locator("[data-status=idle]").wait_for(timeout=1000 * PATIENCE)
    choose(page, "Run", "Run All Cells")
    now = wait_until_run(page, path)
    assert not [o for cell in code(now) for o in cell["outputs"] if o["output_type"] == "error"]
    assert outputs(now, "image/png") == outputs(committed, "image/png") > 5
    assert printed(now).count("✓ ") == printed(committed).count("✓ ") > 5
    assert "✗" not in printed(now)


def bring(page: Page, place: Locator) -> Locator:
    """Scroll down the notebook until `place` is there, and in view."""
    panel(page).locator(".jp-Notebook").hover(position={"x": 8, "y": 300})
    for _ in range(400):
        if place.count():
            place.first.scroll_into_view_if_needed()
            expect(place.first).to_be_visible()
            return place.first
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(50)
    raise AssertionError(f"not found on the way down: {place}")


def to_top(page: Page) -> None:
    panel(page).locator("h1").first.scroll_into_view_if_needed()


def test_chapter_1_opens_first_and_runs(window, course):
    assert "work/01_background.ipynb" in window.url
    run_afresh(window, course / "work" / "01_background.ipynb")


@pytest.fixture(scope="module")
def chapter_5(window, lab, course) -> Page:
    """Chapter 5, opened and run."""
    window.goto(lab.replace("01_background", "05_evaluation"))
    expect(panel(window).locator("h1").first).to_contain_text("Evaluation", timeout=60_000)
    run_afresh(window, course / "work" / "05_evaluation.ipynb")
    return window


def test_shows_pictures_and_claims(chapter_5):
    to_top(chapter_5)
    picture = bring(chapter_5, panel(chapter_5).locator(".jp-OutputArea-output img"))
    assert picture.evaluate("one => one.complete && one.naturalWidth > 100")
    assert bring(
        chapter_5,
        panel(chapter_5).get_by_text("✓ about 95 of 100 studies have the truth within their interval"),
    ).is_visible()


def test_the_slider_moves_the_threshold(chapter_5):
    to_top(chapter_5)
    bring(chapter_5, panel(chapter_5).locator(".widget-slider"))
    cell = panel(chapter_5).locator(".jp-CodeCell", has=chapter_5.locator(".widget-slider"))
    expect(cell.locator("img")).to_be_visible(timeout=30_000)
    before = cell.locator("img").first.get_attribute("src")
    assert cell.locator(".widget-readout").inner_text() == "0.15"
    cell.locator(".noUi-handle").focus()
    for _ in range(10):
        chapter_5.keyboard.press("ArrowRight")
    expect(cell.locator(".widget-readout")).to_have_text("0.25")
    expect(cell.locator("img").first).not_to_have_attribute("src", before, timeout=30_000)


def answer(page: Page, text: str) -> Locator:
    """Type an answer to chapter 5's first exercise and run it; its cell."""
    cell = panel(page).locator(".jp-CodeCell", has_text="ch05.q1.check(right_alarm)")
    bring(page, cell)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(f"right_alarm = {text}\nch05.q1.check(right_alarm)")
    page.keyboard.press("Shift+Enter")
    return cell


def test_an_exercise_says_what_is_wrong_and_what_is_right(chapter_5):
    to_top(chapter_5)
    cell = answer(chapter_5, "0.75")
    expect(cell.locator(".jp-OutputArea")).to_contain_text("Not yet. That is the sensitivity", timeout=30_000)
    cell = answer(chapter_5, "45 / (45 + 90)")
    expect(cell.locator(".jp-OutputArea")).to_contain_text("Right.", timeout=30_000)


def test_restarted_it_runs_again(chapter_5, course):
    path = course / "work" / "05_evaluation.ipynb"
    choose(chapter_5, "Kernel", "Restart Kernel and Run All Cells")
    chapter_5.locator(".jp-Dialog button", has_text="Restart").click()
    expect(panel(chapter_5).locator("[data-status=idle]")).to_have_count(0, timeout=60_000)
    again = wait_until_run(chapter_5, path)
    counts = [cell["execution_count"] for cell in code(again)]
    assert counts == list(range(1, len(counts) + 1)), "cells did not run in order, from 1"
    assert "✗" not in printed(again)


def test_what_was_answered_rightly_is_kept_in_the_learner_s_folder(course):
    tries = [json.loads(line) for line in (course / "work" / "answers.jsonl").read_text().splitlines()]
    assert ("ch05.q1", True) in {(one["exercise"], one["right"]) for one in tries}
