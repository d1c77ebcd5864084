"""Slides from the notebooks, by rule: `make slides`. No network is needed, to make or to show them.

A heading begins a slide: `##` to the right, `###` below it. On slides go headings, questions (what stands
in bold), formulas, lists, tables, short code with what it printed, pictures without their code, and claims.
Prose goes into the speaker's notes. What no longer fits, or follows a question, begins a slide below.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import jinja2
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from shared import CHECK, copy_mathjax, is_for_colab, package, with_safe_links

from medlearn.console import run_script
from tools.chapters import Chapter, read_all

SITE = Path(__file__).resolve().parent
ROOM = 15  # lines of text that fit on a slide, below its heading
LINE = 74  # characters of text in a line
PICTURE = 11  # lines that a picture takes
CODE = HtmlFormatter(nowrap=True, noclasses=False, style="default")

MARKDOWN = MarkdownIt("commonmark").enable("table")
MARKDOWN.use(
    dollarmath_plugin,
    renderer=lambda text, how: f"\\[{escape(text)}\\]" if how["display_mode"] else f"\\({escape(text)}\\)",
)


@dataclass
class Slide:
    """What is seen, what is said, and how many lines are taken."""

    title: str
    below: bool  # under the one before, not to its right
    body: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: float = 0
    asks: bool = False  # then what follows, the answer, stands on the next slide


def write(chapters: Sequence[Chapter], folder: Path) -> None:
    """One page of slides for each chapter, and what they need, into `folder`."""
    reveal = package("sphinx_revealjs") / "_static" / "revealjs"
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("dist/reveal.js", "dist/reveal.css", "dist/reset.css", "plugin/notes/notes.js"):
        shutil.copy(reveal / file, folder)
    shutil.copy(reveal / "LICENSE", folder / "reveal.LICENSE.txt")
    shutil.copy(SITE / "static" / "slides.css", folder)
    (folder / "code.css").write_text(CODE.get_style_defs("pre"))
    copy_mathjax(folder)
    page = jinja2.Environment(autoescape=False).from_string((SITE / "slides.html").read_text())
    there = {chapter.stem for chapter in chapters}
    for chapter in chapters:
        columns = in_columns(slides_of(chapter, there))
        (folder / f"{chapter.stem}.html").write_text(page.render(chapter=chapter, columns=columns))


def in_columns(slides: Sequence[Slide]) -> list[list[Slide]]:
    columns: list[list[Slide]] = []
    for slide in slides:
        if slide.below and columns:
            columns[-1].append(slide)
        else:
            columns.append([slide])
    return columns


def slides_of(chapter: Chapter, there: Collection[str]) -> list[Slide]:
    """All slides of a notebook, in order."""
    slides: list[Slide] = []

    def add(html: str, lines: float, *, asks: bool = False) -> None:
        full = slides[-1].lines and slides[-1].lines + lines > ROOM
        if full or (slides[-1].asks and not asks):
            slides.append(Slide(slides[-1].title, below=True))
        slides[-1].asks = asks
        slides[-1].body.append(html)
        slides[-1].lines += lines

    for cell in chapter.notebook.cells:
        if is_for_colab(cell):
            continue
        if cell.cell_type == "code":
            for html, lines in _of_code(cell):
                add(html, lines)
            continue
        for kind, html, lines in _of_prose(with_safe_links(cell.source, there)):
            if kind == "heading":
                slides.append(Slide(html, below=lines > 2))
            elif not slides:  # badges above the title
                continue
            elif kind == "notes":
                slides[-1].notes.append(html)
            elif kind == "exercise":
                slides.append(Slide(slides[-1].title, below=True))
                add(html, lines)
            else:
                add(html, lines, asks=kind == "question")
    return slides


def _of_prose(text: str) -> Iterator[tuple[str, str, float]]:
    """Each block of a text: its kind, what it becomes, and how many lines it takes (a heading: its level)."""
    text = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    for block in SyntaxTreeNode(MARKDOWN.parse(text)).children:
        html = MARKDOWN.renderer.render(block.to_tokens(), MARKDOWN.options, {}).replace('.ipynb"', '.html"')
        if block.type == "heading":
            yield "heading", re.sub(r"</?h\d>", "", html).strip(), int(block.tag[1])
        elif block.type == "paragraph" and re.match(r"<p><strong>\d+\. ", html):
            yield "exercise", html, _lines(html)
        elif block.type == "paragraph":
            yield "notes", html, 0
            for question in re.findall(r"<strong>(.*?)</strong>", html, re.DOTALL):
                if len(question.split()) > 3:
                    yield "question", f'<p class="question">{question}</p>', 0.5 + 1.4 * _lines(question)
        elif block.type == "math_block":
            yield "body", html, 3
        elif block.type != "html_block":
            yield "body", html, sum(_lines(line) for line in re.split(r"</li>|</tr>|</p>", html))


def _of_code(cell) -> Iterator[tuple[str, float]]:
    """What of a cell is shown: picture, or table, or short code with what it printed; and its claims."""
    if CHECK.search(cell.source):
        yield f"<pre>{highlight(cell.source, PythonLexer(), CODE)}</pre>", 0.8 * _height(cell.source)
        return
    data = [output.data for output in cell.outputs if "data" in output]
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    claims = re.findall(r"^✓ (.*(?:\n  .*)*)", printed, re.MULTILINE)
    printed = re.sub(r"^✓ (.*(?:\n  .*)*)\n?", "", printed, flags=re.MULTILINE).strip()
    pictures = [kinds["image/png"] for kinds in data if "image/png" in kinds]
    tables = [kinds["text/html"] for kinds in data if "text/html" in kinds]
    values = [kinds["text/plain"] for kinds in data if set(kinds) == {"text/plain"}]
    for png in pictures:
        alt = escape(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", ""), quote=True)
        yield f'<img src="data:image/png;base64,{png.strip()}" alt="{alt}">', PICTURE
    for table in tables:
        if table.count("<tr") <= ROOM - 3:
            yield re.sub(r"<style.*?</style>", "", table, flags=re.DOTALL), 1 + table.count("<tr")
    shown = "\n".join([printed, *values]).strip()
    code = cell.source.strip()
    height = 0.8 * (_height(code) + _height(shown))
    if shown and not pictures and not tables and height <= ROOM - 2:
        output = f'<pre class="printed">{escape(shown)}</pre>'
        yield f"<pre>{highlight(code, PythonLexer(), CODE)}</pre>{output}", height
    elif shown and (pictures or tables) and _height(shown) <= 3:
        yield f'<pre class="printed">{escape(shown)}</pre>', 0.8 * _height(shown)
    for claim in claims:
        yield f'<p class="claim">✓ {escape(" ".join(claim.split()))}</p>', _lines(claim)


def _lines(html: str) -> float:
    """How many lines a text takes."""
    text = re.sub(r"<[^>]+>", "", html).strip()
    return 1.3 * -(-len(text) // LINE)


def _height(code: str) -> int:
    return len(code.splitlines())


def main() -> None:
    """Write the slides of every chapter."""
    write(read_all(), SITE / "_build" / "slides")


if __name__ == "__main__":
    run_script(main)
