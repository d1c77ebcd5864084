"""Print the book, chapter by chapter, through the browser: `make pdf`.

Prints what `make site` built; all that is folded is unfolded, and nothing is cut at the right edge.
"""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from medlearn.console import run_script
from medlearn.errors import DataError

BUILD = Path(__file__).resolve().parent / "_build"
HTML, PDF = BUILD / "html", BUILD / "pdf"
MARGIN = {"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"}
FOOT = (
    '<p style="font-size: 8px; width: 100%; text-align: center; color: #555">'
    '<span class="title"></span> · <span class="pageNumber"></span></p>'
)


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def print_page(browser: Browser, address: str, path: Path) -> None:
    """Print the page at `address` into `path`."""
    page = browser.new_page(color_scheme="light")
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.evaluate("() => document.querySelectorAll('details').forEach(one => one.open = true)")
    page.evaluate("() => window.MathJax?.startup?.promise.then(() => true)")
    page.emulate_media(media="print")
    path.parent.mkdir(parents=True, exist_ok=True)
    page.pdf(
        path=path,
        format="A4",
        margin=MARGIN,
        print_background=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=FOOT,
    )
    page.close()


def main() -> None:
    """Print every chapter."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, filter(None, names))), None)
    if not found:
        raise DataError("no Chromium here: install it (Debian: apt install chromium), or name it in CHROMIUM")
    handler = functools.partial(Quiet, directory=HTML)
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=found, chromium_sandbox=False)
        for page in sorted(HTML.glob("chapters/*.html")):
            print_page(
                browser,
                f"http://127.0.0.1:{server.server_port}/chapters/{page.name}",
                PDF / f"{page.stem}.pdf",
            )
        browser.close()
        server.shutdown()
    print(f"The chapters to print: {PDF}")


if __name__ == "__main__":
    run_script(main)
