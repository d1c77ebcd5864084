"""Build the slides: `make slides`. One page a chapter, which needs no network.

What is shown and what is said stands in slides/NN_name.md, beside the teacher's page; pictures and tables are
those of the committed notebook. A slide begins with its heading; a line of three dashes ends it:

    ## Is it the same sum?

    **What will this kernel answer on an even patch?**

    figure: the first words of a picture's alt text
    table: a piece of the code of the cell that gives it

    Note: what the speaker says, up to the end of the slide.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import jinja2
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from shared import copy_mathjax, package

from medlearn.console import run_script
from medlearn.errors import DataError
from tools.chapters import Chapter, read_all

SITE = Path(__file__).resolve().parent
SOURCES = SITE / "slides"
CODE = HtmlFormatter(nowrap=True)
MARKDOWN = MarkdownIt("commonmark", {"highlight": lambda code, *_: highlight(code, PythonLexer(), CODE)})
MARKDOWN.enable("table")
MARKDOWN.use(
    dollarmath_plugin,
    renderer=lambda text, how: f"\\[{escape(text)}\\]" if how["display_mode"] else f"\\({escape(text)}\\)",
)


@dataclass(frozen=True)
class Slide:
    """What is seen, as HTML, and what is said, as HTML."""

    title: str
    body: str
    notes: str


def decks(chapters: Sequence[Chapter]) -> list[Chapter]:
    """The chapters that have slides."""
    return [chapter for chapter in chapters if (SOURCES / f"{chapter.stem}.md").exists()]


def write(chapters: Sequence[Chapter], folder: Path, *, book: str) -> None:
    """One page of slides for each chapter, a list of them, and what they need, into `folder`.

    `book` leads from there to the folder of the book.
    """
    reveal = package("sphinx_revealjs") / "_static" / "revealjs"
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("dist/reveal.js", "dist/reveal.css", "dist/reset.css", "plugin/notes/notes.js"):
        shutil.copy(reveal / file, folder)
    shutil.copy(reveal / "LICENSE", folder / "reveal.LICENSE.txt")
    for file in ("slides.css", "favicon.svg"):
        shutil.copy(SITE / "static" / file, folder)
    (folder / "code.css").write_text(CODE.get_style_defs("pre"))
    copy_mathjax(folder)
    environment = jinja2.Environment(autoescape=False, loader=jinja2.FileSystemLoader(SITE / "templates"))
    shown = decks(chapters)
    for chapter in shown:
        page = environment.get_template("slides.html").render(
            chapter=chapter, slides=slides_of(chapter), book=book
        )
        (folder / f"{chapter.stem}.html").write_text(page, encoding="utf-8")
    listing = environment.get_template("slides_index.html").render(chapters=shown, book=book)
    (folder / "index.html").write_text(listing, encoding="utf-8")


def slides_of(chapter: Chapter) -> list[Slide]:
    """The slides of a chapter, in order, without the first, which its question makes."""
    path = SOURCES / f"{chapter.stem}.md"
    return [_slide(text, chapter, path.name) for text in split(path.read_text("utf-8"))]


def split(text: str) -> list[str]:
    """The slides of a source.

    >>> split("## One\\n\\nText.\\n\\n---\\n\\n## Two\\n")
    ['## One\\n\\nText.', '## Two']
    """
    return [part.strip() for part in re.split(r"(?m)^---$", text) if part.strip()]


def _slide(text: str, chapter: Chapter, source: str) -> Slide:
    if not (found := re.match(r"## (.+)\n", text + "\n")):
        raise DataError(f"{source}: a slide begins with its heading (## …), not with {text[:60]!r}")
    title, rest = found[1], text[found.end() :]
    shown, _, said = rest.partition("\nNote: ")
    where = f"{source}, slide {title!r}"
    shown = re.sub(r"(?m)^figure: (.+)$", lambda line: figure(chapter, line[1].strip(), where), shown)
    shown = re.sub(r"(?m)^table: (.+)$", lambda line: table(chapter, line[1].strip(), where), shown)
    return Slide(MARKDOWN.renderInline(title), MARKDOWN.render(shown), MARKDOWN.render(said))


def figure(chapter: Chapter, words: str, where: str) -> str:
    """The notebook's picture whose alt text begins with `words`; `where` names the slide in a complaint."""
    for cell in chapter.notebook.cells:
        alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        pictures = [o.data["image/png"] for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
        if alt.startswith(words) and pictures:
            return f'<img src="data:image/png;base64,{pictures[0].strip()}" alt="{escape(alt)}">'
    raise DataError(f"{where}: no picture of {chapter.stem} has an alt text that begins with {words!r}")


def table(chapter: Chapter, words: str, where: str) -> str:
    """The table that the cell with `words` in its code gives; `where` names the slide in a complaint."""
    for cell in chapter.notebook.cells:
        tables = [o.data["text/html"] for o in cell.get("outputs", []) if "text/html" in o.get("data", {})]
        if cell.cell_type == "code" and words in cell.source and tables:
            found = re.search(r"<table.*?</table>", tables[0], re.DOTALL)
            if found:
                return re.sub(r"\n\s*", "", found[0])  # or Markdown would end it at an empty line
    raise DataError(f"{where}: no cell of {chapter.stem} with {words!r} in its code gives a table")


def main() -> None:
    """Write the slides of every chapter."""
    folder = SITE / "_build" / "slides"
    shutil.rmtree(folder, ignore_errors=True)
    write(read_all(), folder, book="../html/")
    print(f"The slides: open {folder / 'index.html'}")


if __name__ == "__main__":
    run_script(main)
