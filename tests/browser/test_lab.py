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
        shutil.copy(ROOT / name, folder)
    os.utime(folder / "requirements.txt", (0, 0))  # old: or make would clear the environment and install anew
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
            ["make", "lab", f"ARGS=--no-browser --port={port} --expose-app-in-browser"],
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
    yield one.page
    one.context.close()


def panel(page: Page) -> Locator:
    """The notebook in front; others may be open behind it."""
    return page.locator(".jp-NotebookPanel:visible")


def notebook(page: Page) -> dict:
    """The notebook in front as it now stands, saved or not."""
    return page.evaluate("window.jupyterapp.shell.currentWidget.content.model.toJSON()")


def begin(page: Page, command: str, name: str) -> None:
    """Begin a command of JupyterLab when the notebook `name` is in front and its kernel waits for one."""
    page.wait_for_function(
        """name => {
            const front = window.jupyterapp?.shell.currentWidget;
            const session = front?.sessionContext;
            return front?.context?.path.endsWith(name) && front.context.isReady
                && session?.isReady && session.session?.kernel?.status === "idle";
        }""",
        arg=name,
        timeout=1000 * PATIENCE,
    )
    page.evaluate(
        """command => {
            window.outcome = null;
            window.jupyterapp.commands.execute(command).then(
                () => { window.outcome = "done"; },
                error => { window.outcome = String(error); },
            );
        }""",
        command,
    )


def ended(page: Page) -> dict:
    """Wait for the end of the command that was begun; the notebook then."""
    page.wait_for_function("window.outcome", timeout=1000 * PATIENCE)
    assert page.evaluate("window.outcome") == "done"
    now = notebook(page)
    left = [cell["source"] for cell in code(now) if not cell["execution_count"]]
    assert not left, f"not run: {left[:1]}"
    return now


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
    begin(page, "notebook:run-all-cells", path.name)
    now = ended(page)
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


def test_restarted_it_runs_again(chapter_5):
    begin(chapter_5, "notebook:restart-run-all", "05_evaluation.ipynb")
    chapter_5.locator(".jp-Dialog button", has_text="Restart").click()
    again = ended(chapter_5)
    counts = [cell["execution_count"] for cell in code(again)]
    assert counts == list(range(1, len(counts) + 1)), "cells did not run in order, from 1"
    assert "✗" not in printed(again)


def test_what_was_answered_rightly_is_kept_in_the_learner_s_folder(course):
    tries = [json.loads(line) for line in (course / "work" / "answers.jsonl").read_text().splitlines()]
    assert ("ch05.q1", True) in {(one["exercise"], one["right"]) for one in tries}
