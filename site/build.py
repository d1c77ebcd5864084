"""Build the book: `make site`.

Puts its pages together from what is committed (notebooks with their outputs, exercises, catalogue, results),
and hands them to Sphinx. Runs no notebook and needs no network.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import io
import re
import shutil
from collections.abc import Collection, Sequence
from html import escape
from pathlib import Path

import jinja2
import nbformat
import slides
from shared import CHECK, copy_mathjax, is_for_colab, with_safe_links
from sphinx.cmd.build import build_main

from medlearn.console import run_script
from medlearn.data.catalogue import CATALOGUE
from medlearn.results.table import systems
from tools.chapters import Chapter, Results, read_all, read_results

QUESTION = re.compile(r"\*\*[^*]+\?\*\*[^#]*\Z")  # in bold, and in the last section of a text

SITE = Path(__file__).resolve().parent
ROOT = SITE.parent
BUILD = SITE / "_build"
SOURCE, STATIC, EXTRA, HTML = (BUILD / name for name in ("source", "static", "extra", "html"))


def main() -> int:
    """Put the source together and build it, warnings as errors."""
    for folder in (SOURCE, STATIC, EXTRA, HTML):
        shutil.rmtree(folder, ignore_errors=True)
    chapters = read_all()
    add_static_files(chapters)
    there = {chapter.stem for chapter in chapters}
    for chapter in chapters:
        write(f"chapters/{chapter.stem}.ipynb", nbformat.writes(as_page(chapter, there)))
    lessons = sorted(path.stem for path in (SITE / "teach").glob("[0-9][0-9]_*.md"))
    for stem in lessons:
        write(f"teach/{stem}.md", (SITE / "teach" / f"{stem}.md").read_text())
    values = {
        "chapters": chapters,
        "lessons": lessons,
        "names": {chapter.stem: chapter.name for chapter in chapters},
        "decks": {chapter.stem for chapter in slides.decks(chapters)},
        "cover": cover_text(),
        "data": data_sets(),
        "icu": CATALOGUE["icu"],
        "deaths": deaths(),
        "results": [as_table(one) for one in read_results()],
    }
    for page in sorted((SITE / "pages").rglob("*.md")):
        write(str(page.relative_to(SITE / "pages")), fill(page.read_text(), values))
    failed = build_main(["--fresh-env", "--fail-on-warning", "--quiet", f"-c{SITE}", str(SOURCE), str(HTML)])
    if not failed:
        print(f"The book: open {HTML / 'index.html'}")
    return failed


def write(name: str, text: str) -> None:
    path = SOURCE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def fill(page: str, values: dict) -> str:
    """A page of pages/ with the values it asks for."""
    jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    jinja.filters |= {"linked": linked, "size": size, "figure": figure}
    return jinja.from_string(page).render(values)


def add_static_files(chapters: Sequence[Chapter]) -> None:
    """Beside the pages: style, pictures, MathJax, and the notebooks as they are, to be taken home."""
    shutil.copytree(SITE / "static", STATIC)
    shutil.copy(SITE / "cover.png", STATIC)
    copy_mathjax(STATIC)
    (EXTRA / "notebooks").mkdir(parents=True)
    for chapter in chapters:
        shutil.copy(chapter.path, EXTRA / "notebooks")
        (STATIC / f"{chapter.stem}.png").write_bytes(chapter.picture)
    slides.write(chapters, EXTRA / "slides", book="../")


# Chapters


def as_page(chapter: Chapter, there: Collection[str]):
    """A chapter's notebook with help beside its exercises, without what only serves a running notebook.

    What answers a bold question is folded, so that it can be thought about first; not so a cell with the tag
    `in-sight`, which shows what the question is about.
    """
    page, cells, asks = copy.deepcopy(chapter.notebook), [], False
    for number, cell in enumerate(page.cells):
        if is_for_colab(cell):
            continue
        if cell.cell_type == "markdown":
            cell.source = with_safe_links(cell.source, there)
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "code" and asks and "in-sight" not in tags and not CHECK.search(cell.source):
            cell.metadata["tags"] = [*tags, "hide-output"]
        asks = bool(cell.cell_type == "markdown" and QUESTION.search(cell.source))
        tell_width(cell)
        cells.append(cell)
        if number == 0:
            cells.append(nbformat.v4.new_markdown_cell(take_home(chapter)))
        if cell.cell_type == "code" and (asked := CHECK.search(cell.source)):
            cells.append(nbformat.v4.new_markdown_cell(help_with(*asked.groups())))
    with_minutes(cells, chapter.minutes)
    page.cells = cells
    return page


def tell_width(cell: nbformat.NotebookNode) -> None:
    """Say how wide a cell's pictures shall be: they have twice as many dots."""
    for output in cell.get("outputs", []):
        if width := output.get("metadata", {}).get("image/png", {}).get("width"):
            cell.metadata["mystnb"]["image"]["width"] = f"{width}px"


def take_home(chapter: Chapter) -> str:
    """What stands below a chapter's opening: the notebook, the slides, how far one is."""
    has_slides = chapter in slides.decks([chapter])
    link = f'<a href="../slides/{chapter.stem}.html">Slides</a>' if has_slides else ""
    return (
        f'<p class="take-home">'
        f'<a href="../notebooks/{chapter.stem}.ipynb" download>Download this notebook</a> '
        f"{link}</p>\n"
        '<p class="how-far" hidden><progress max="1" aria-label="read"></progress> <span></span> '
        '<a href="#" hidden></a></p>'
    )


def with_minutes(cells: Sequence[nbformat.NotebookNode], minutes: int) -> None:
    """Below the heading of each section, how long it takes: its share of the chapter's `minutes`."""
    headings, weights = [], []
    for cell in cells:
        parts = re.split(r"(?m)^(?=## )", cell.source) if cell.cell_type == "markdown" else [cell.source]
        for part in parts:
            if cell.cell_type == "markdown" and part.startswith("## "):
                headings.append((cell, part.partition("\n")[0]))
                weights.append(0.0)
            if weights:
                weights[-1] += effort(cell.cell_type, part)
    for (cell, heading), weight in zip(headings, weights, strict=True):
        share = max(1, round(minutes * weight / sum(weights)))
        told = f'<p class="minutes">about {share} minute{"s" * (share > 1)}</p>'
        cell.source = cell.source.replace(heading, f"{heading}\n\n{told}", 1)


def effort(kind: str, text: str) -> float:
    """Roughly the minutes that a piece of a notebook takes, to be scaled: words, lines of code, exercises.

    >>> effort("markdown", "word " * 150), effort("code", "x = 1"), effort("code", "ch01.q1.check(x)")
    (1.0, 0.25, 6.25)
    """
    if kind == "markdown":
        return len(re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL).split()) / 150
    return 0.25 * (1 + text.count("\n")) + (6 if CHECK.search(text) else 0)


def help_with(chapter: str, question: str) -> str:
    """Hint and solution of an exercise, folded."""
    exercise = getattr(importlib.import_module(f"medlearn.exercises.ch{chapter}"), question)
    solution = printed(exercise.solution).strip()
    names = ["Hint", *["Another hint"] * (len(exercise.hints) - 1)]
    hints = [
        f'<details class="help"><summary>{name}</summary><p>{escape(hint)}</p></details>\n\n'
        for name, hint in zip(names, exercise.hints, strict=True)
    ]
    return (
        f'{"".join(hints)}<details class="help"><summary>Solution</summary>\n\n```python\n{solution}\n```\n\n'
        "</details>"
    )


def printed(function) -> str:
    """What a function prints."""
    with contextlib.redirect_stdout(io.StringIO()) as text:
        function()
    return text.getvalue()


# The other pages


def cover_text() -> str:
    """What is to be seen on the cover: as the README says it."""
    return re.search(r"!\[([^\]]+)\]\(site/cover\.png\)", (ROOT / "README.md").read_text())[1]


def data_sets() -> list[list]:
    """The catalogue's entries, the sizes of one set together."""
    groups: dict[str, list] = {}
    for name, entry in CATALOGUE.items():
        groups.setdefault(re.sub(r"_\d+$", "", name), []).append(entry)
    return list(groups.values())


def deaths() -> float:
    """The share of the real intensive-care stays that ended in death, from the facts of the catalogue."""
    facts = [
        dict(file.content) for file in CATALOGUE["icu"].files if "In-hospital_death" in dict(file.content)
    ]
    return sum(fact["In-hospital_death"] for fact in facts) / sum(fact["rows"] for fact in facts)


def as_table(results: Results) -> dict:
    """What the page of results shows of one chapter."""
    return results.table | {
        "title": f"{results.number} · {results.title}",
        "measured": systems(results.table),
        "reading": results.reading,
    }


def figure(summary: dict | None) -> str:
    """A mean, with its interval where there is one."""
    if summary is None:
        return ""
    if summary["low"] is None:
        return f"{summary['mean']:.3f}"
    return f"{summary['mean']:.3f}<br><small>{summary['low']:.3f} to {summary['high']:.3f}</small>"


def linked(text: str) -> str:
    """Its digital object identifiers as links."""
    text = re.sub(r"doi:(10\.[^\s;,]+[^\s;,.])", r"[doi:\1](https://doi.org/\1)", text)
    return re.sub(r"arXiv[ :](\d{4}\.\d{5})", r"[arXiv:\1](https://arxiv.org/abs/\1)", text)


def size(count: int | None) -> str:
    if not count:
        return ""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} KB"


if __name__ == "__main__":
    run_script(main)
