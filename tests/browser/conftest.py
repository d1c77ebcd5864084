"""A real Chromium, the book as built, and what no page may do: print an error, ask for what is not there."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "site" / "_build" / "html"
SLIDES = ROOT / "site" / "_build" / "slides"
PATIENCE = 20_000  # milliseconds that a page may take on a busy machine
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, filter(None, names))), None)
    assert found, "no Chromium here: install it (Debian: apt install chromium), or name it in CHROMIUM"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found, headless=True, chromium_sandbox=False, args=ARGUMENTS
        )
        yield chromium
        chromium.close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        pass


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The address of the book, served from this machine."""
    handler = functools.partial(Quiet, directory=HTML)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Visit:
    """A page in a window of its own, and what went wrong on it."""

    def __init__(self, browser: Browser, **options):
        self.context = browser.new_context(**options)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.faults: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: message.type == "error" and self.faults.append(message.text))
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("requestfailed", self._miss)
        self.page.on("response", self._look_at)
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _look_at(self, response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def _miss(self, request) -> None:
        if request.failure != "net::ERR_ABORTED":  # which is what leaving a page does to what it still loads
            self.faults.append(f"not had: {request.url} ({request.failure})")

    def to(self, address: str) -> Page:
        self.page.goto(address)
        self.page.evaluate("() => window.MathJax?.startup?.promise")
        return self.page


@pytest.fixture
def visit(browser) -> Iterator:
    """`visit(width=375)` opens a new window."""
    visits = []

    def new(width: int = 1280, height: int = 900, **options) -> Visit:
        visits.append(Visit(browser, viewport={"width": width, "height": height}, **options))
        return visits[-1]

    yield new
    for one in visits:
        one.context.close()
