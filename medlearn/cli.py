"""The command `medlearn`: what is typed, turned into calls; what they say, printed.

No work is done here, and nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Iterable, Sequence

from medlearn.console import clean, guard, masked, typed_path

# Commands that live elsewhere and read their own arguments.
ELSEWHERE = {
    "run": ("medlearn.course:run", "run notebooks and count the claims that hold"),
    "results": ("medlearn.results:main", "train a chapter's model on the real data and print its table"),
    "class": ("medlearn.exercises.answers:main", "sum up the answers that a class handed in"),
    "doctor": ("medlearn.doctor:main", "say what would stop the course from running here"),
    "serve": ("medlearn.serve.app:main", "let a model answer on a page of this machine"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv`, or in the shell's; 0 if all went well."""
    argv = list(sys.argv[1:] if argv is None else argv)
    return guard("medlearn", lambda: _run(argv))


def _run(argv: list[str]) -> int | None:
    if argv and argv[0] in ELSEWHERE:
        from medlearn.data.entry import import_name

        return import_name(ELSEWHERE[argv[0]][0])(argv[1:])
    arguments = _parse(argv)
    return arguments.do(arguments)


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="medlearn", description="Deep learning in medicine: a course.")
    version = vars(sys.modules["medlearn"])["__version__"]
    parser.add_argument("--version", action="version", version=f"medlearn {version}")
    commands = _commands(parser)
    of_data = _add(commands, "data", None, "list, get and check data sets")
    data = _commands(of_data)
    _add(data, "list", _list, "what there is, and what is here")
    _add(data, "get", _get, "get the real files into the cache").add_argument(
        "names", nargs="+", metavar="NAME"
    )
    _add(data, "verify", _verify, "check the files in the cache").add_argument(
        "names", nargs="*", metavar="NAME"
    )
    mirror = _add(data, "mirror", _mirror, "fill a folder that other machines can use as MEDLEARN_MIRROR")
    mirror.add_argument("folder", type=typed_path, metavar="DIR")
    mirror.add_argument("names", nargs="*", metavar="NAME", help="all of them, if none is named")
    _add(data, "where", _where, "where files are looked for and kept")
    for name, (_, text) in ELSEWHERE.items():
        commands.add_parser(name, help=text)
    _refuse_unknown(parser, commands.choices, argv[:1])
    if argv[:1] == ["data"]:
        _refuse_unknown(of_data, data.choices, argv[1:2])
    return parser.parse_args(argv)


def _commands(parser: argparse.ArgumentParser):
    """Where the commands of a `parser` are added; without one it prints its help."""
    parser.set_defaults(do=lambda _: parser.print_help())
    return parser.add_subparsers(metavar="COMMAND")


def _refuse_unknown(parser: argparse.ArgumentParser, known: Iterable[str], typed: Sequence[str]) -> None:
    """End with the command that comes nearest to the one `typed`, if it is not a `known` one."""
    for word in typed:
        if not word.startswith("-") and word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
            parser.error(f"there is no command {clean(word[:40])!r}; {hint}")


def _add(commands, name: str, do, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(do=do)
    return command


def _list(_) -> None:
    from medlearn.data.catalogue import CATALOGUE, by_kind

    head = ("name", "modality", "task", "cases", "size", "licence", "here")
    rows = {entry.name: _row(entry) for entry in CATALOGUE.values()}
    widths = [max(map(len, column)) for column in zip(head, *rows.values(), strict=True)]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

    print(line(head))
    for kind, entries in by_kind().items():
        print(f"\n{kind}")
        for entry in entries:
            print(line(rows[entry.name]))
    print("\nmedlearn data get NAME gets the real files; MEDLEARN_DATA=full before a command uses them.")
    print("Without them the course runs on simulated data, made on the spot.")


def _row(entry) -> tuple[str, ...]:
    cases = f"{entry.count:,} {entry.cases}"
    return (entry.name, entry.modality, entry.task, cases, _size(entry), entry.licence, _here(entry))


def _size(entry) -> str:
    """The size of its files, as the entry says it or as they lie here; nothing where neither is known."""
    from medlearn.data import store

    sizes = [file.size or _size_here(store.place(entry, file)) for file in entry.files]
    return "" if not sizes or None in sizes else f"{sum(sizes) / 1e6:.1f} MB"


def _size_here(path) -> int | None:
    try:
        return os.path.getsize(path)
    except OSError:
        return None


def _here(entry) -> str:
    from medlearn.data import store

    if not entry.files:
        return "yes" if entry.bundled else "simulated"
    here = [os.path.isfile(store.place(entry, file)) for file in entry.files]
    if all(here):
        return "yes"
    return f"{sum(here)} of {len(here)} files" if any(here) else "no"


def _chosen(names: Sequence[str]) -> list:
    """The entries named, or all that have files."""
    from medlearn.data.catalogue import CATALOGUE, find

    return [find(name) for name in names] or [entry for entry in CATALOGUE.values() if entry.files]


def _get(arguments) -> None:
    from medlearn.data import store

    for entry in _chosen(arguments.names):
        print(f"{entry.name}: {'comes with scikit-learn' if entry.bundled else store.fetch_all(entry)}")


def _verify(arguments) -> int:
    from medlearn.data import store

    files = [(entry, file) for entry in _chosen(arguments.names) for file in entry.files]
    here = [(entry, file) for entry, file in files if os.path.isfile(store.place(entry, file))]
    damaged = 0
    for entry, file in here:
        wrong = store.fault(store.place(entry, file), file)
        damaged += wrong is not None
        print(f"{entry.name}/{file.name}: {wrong or 'ok'}")
    print(f"{len(here)} of {len(files)} files are here, {damaged} of them damaged")
    return int(damaged > 0)


def _mirror(arguments) -> None:
    from medlearn.data import store

    folder = arguments.folder.absolute()
    for entry in _chosen(arguments.names):
        store.add_to_mirror(entry, folder)
        print(f"{entry.name}: {folder / entry.name}")
    print(f"Other machines can now set MEDLEARN_MIRROR={folder}, or the address where you serve it.")


def _where(_) -> None:
    from medlearn.data import store

    print(f"cache   {store.cache_folder()}")
    print(f"mirror  {masked(str(store.mirror() or 'none (MEDLEARN_MIRROR names one)'))}")
    print(f"data    {os.environ.get('MEDLEARN_DATA') or 'small'} (MEDLEARN_DATA: small, full or a folder)")
