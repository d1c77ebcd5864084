"""`medlearn results NAME`: a chapter's model on the real data, over several seeds, as one table.

A recipe is a module here, found by its place: it has NAMES, what can be asked for, and `run(name, *, file,
seeds) -> Table`. One that can be asked for more has `options(parser)` too, whose values `run` gets by name.
The seeds of one that hands them to `tabulate` can be answered by several processes: `--workers N`.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import pkgutil
import time
from collections.abc import Sequence
from types import ModuleType

from medlearn.console import typed_path
from medlearn.errors import DataError


def recipes() -> dict[str, ModuleType]:
    """Each name that can be asked for, and its recipe; a module without NAMES is ground for several."""
    modules = [
        importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)
    ]
    return {name: module for module in modules for name in getattr(module, "NAMES", ())}


def main(argv: Sequence[str] | None = None) -> None:
    """The command, with the arguments `argv`: train, print the table, write it if asked."""
    parser = argparse.ArgumentParser(
        prog="medlearn results", description=__doc__.splitlines()[0], add_help=False
    )
    parser.add_argument("name", metavar="NAME", nargs="?", default="")
    name = parser.parse_known_args(argv)[0].name
    from medlearn.results import seeds, spread

    known = recipes()
    if name and name not in known:
        near = difflib.get_close_matches(name, known, n=2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known)}"
        raise DataError(f"there are no results called {name!r}; {hint}")
    parser = argparse.ArgumentParser(
        prog=f"medlearn results {name}".strip(), description=__doc__.splitlines()[0]
    )
    parser.add_argument("name", metavar="NAME", help=", ".join(known))
    parser.add_argument("--file", metavar="PATH", help="your own file or folder in the same format")
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="trainings from scratch (3)")
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes that share the seeds (1); same figures"
    )
    parser.add_argument("--json", type=typed_path, metavar="OUT", help="write the table there too")
    getattr(known.get(name), "options", lambda parser: None)(parser)
    chosen = vars(parser.parse_args(argv))
    if chosen["seeds"] < 2:
        raise DataError(f"{chosen['seeds']} seed(s) give no interval: ask for at least --seeds 2")
    recipe, workers = known[chosen.pop("name")], chosen.pop("workers")
    spread.check_workers(name, recipe, workers)
    out = seeds.check_writable(chosen.pop("json"), "--json")
    start = time.perf_counter()
    with spread.seeds_by(workers, name, recipe, chosen):
        table = recipe.run(name, **chosen)
    seconds = round(time.perf_counter() - start, 1)
    try:  # whichever of the two cannot be written, the other is
        if out:
            text = json.dumps(table.json() | {"seconds": seconds}, indent=1)
            out.write_text(text + "\n", encoding="utf-8")
    finally:
        print(table.markdown())
