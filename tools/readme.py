"""Write README's tables, of the course and of its results, between their marks: part of `make notebooks`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from medlearn.console import run_script
from medlearn.errors import DataError
from medlearn.results.table import figure
from tools import ROOT
from tools.chapters import Chapter, Results, read_all, read_results

MADE = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL)
PART = "its "  # so begins the row of a part of ours, which is nobody to be compared with
SIMULATED = ", (which are )?simulated unless you ask for the real ones"  # README says it once, for all


def course(chapters: Iterable[Chapter]) -> str:
    """A table for each part of the course: its `chapters`, what each asks, its data and its time."""
    text = ""
    for part, members in groupby(chapters, key=lambda chapter: chapter.part):
        rows = [(_link(one), one.question, re.sub(SIMULATED, "", one.data), one.time) for one in members]
        text += f"\n**{part}**\n\n" + _table(("notebook", "it asks", "its data", "time"), rows)
    return text + "\n"


def results(chapters: Iterable[Chapter], measured: Iterable[Results]) -> str:
    """What was `measured` on real data, one row each by its first measure, with links to the `chapters`."""
    links = {chapter.number: _link(chapter) for chapter in chapters}
    head = ("notebook", "on real data", "this course", "best beside it", "best published", "command")
    rows = []
    for one in measured:
        if one.number not in links:
            raise DataError(
                f"site/results/{one.name}.md is of chapter {one.number}, and there is no such notebook"
            )
        rows.append((links[one.number], *_row(one)))
    return "\n" + _table(head, rows) + "\n"


def _row(one: Results) -> tuple[str, ...]:
    measure, summary = next(iter(one.table["ours"].items()))
    value, _, interval = figure(summary).partition(" ")
    others = {name: row for name, row in one.table["baselines"].items() if not name.startswith(PART)}
    here = {name: row[measure]["mean"] for name, row in others.items() if measure in row}
    elsewhere = {
        row["system"]: row["measures"][measure]
        for row in one.table["published"]
        if measure in row["measures"]
    }
    cases = re.sub(r"^\w+: (.+?) \(.*", r"\1", one.table["data"])
    return (
        f"{one.table['labels'][measure]}, {cases}",
        f"**{value}** {interval}".rstrip(),
        _best(here, measure, 1),
        _best(elsewhere, measure, 1),
        f"`medlearn results {one.name}`",
    )


def _best(values: Mapping[str, float], measure: str, count: int) -> str:
    """The best systems and their values, the best first."""
    up = not re.search("error|distance|loss|brier", measure)
    best = sorted(values, key=values.get, reverse=up)[:count]
    return "; ".join(f"{name} {values[name]:.3f}" for name in best)


def _link(chapter: Chapter) -> str:
    return f"[{chapter.number:02} {chapter.name}](notebooks/{chapter.stem}.ipynb)"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |\n" for line in lines)


def fill(text: str) -> str:
    """README's `text` with its made parts made anew."""
    chapters = read_all()
    made = {"course": course(chapters), "results": results(chapters, read_results())}
    return MADE.sub(lambda found: f"{found[1]}{made[found[2]]}{found[3]}", text)


def main() -> int:
    """Write README's made parts."""
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    if (new := fill(text)) != text:
        readme.write_text(new, encoding="utf-8")
    print(f"README.md: its tables are {'unchanged' if new == text else 'made anew'}")
    return 0


if __name__ == "__main__":
    run_script(main)
