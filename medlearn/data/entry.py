"""Entry: one data set of the catalogue, and File: one of its official files. Only facts."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from medlearn.errors import DataError


@dataclass(frozen=True)
class File:
    """One official file.

    Parameters
    ----------
    name : as its publisher calls it; `url` : where it is.
    digest : of the publisher's file, "md5:…" or "sha256:…"; another after a space where the same content is
        also handed round packed anew.
    size : about what the publisher lists in bytes, for people to read; a download far beyond it is stopped.
    set : its set, where a data set comes in several (the challenge's a, b and c).
    content : what is inside: the number of "members" of a `.tar.gz`, of those of a `.zip` with a part of a
        name in theirs, such as "/images/", or of a table its number of "rows" and the sums of columns. It is
        checked where no digest is known.
    encoding : of a table that is not UTF-8.
    """

    name: str
    url: str
    digest: str = ""
    size: int | None = None
    set: str = ""
    content: tuple[tuple[str, int], ...] = ()
    encoding: str = ""


@dataclass(frozen=True)
class Entry:
    """One data set: what it is, whose it is, and how it is read.

    Parameters
    ----------
    name : what `load` is asked for; `title` : what its publisher calls it.
    modality : the kind of data, for people to read.
    task : what is asked, one of `medlearn.data.dataset.TASKS`; `classes` : their names in the order of y.
    cases : what one case is called; `count` : how many there are.
    licence, citation, homepage : how it may be used, and what to cite.
    reader : "module:function", imported when it is called: `read(place, *, entry, seed=0, **options)`, where
        `place` is the folder with the official files, or the file or folder that the user named.
    simulator : likewise, `write(folder, *, seed=0, **simulator_options)`; empty where there is none.
    files : the official ones; none for what comes with a library and is real in both modes, and none where
        there is a simulator only: then real cases are the user's own.
    options : what the reader takes besides, with the values it gets unless `load` is told otherwise.
    simulator_options : what the simulator takes besides.
    choices : what `load` may ask of the simulator, each with its values, the usual one first.
    patients_known : whether the source says whose each case is.
    """

    name: str
    title: str
    modality: str
    task: str
    classes: tuple[str, ...]
    cases: str
    count: int
    licence: str
    citation: str
    homepage: str
    reader: str
    simulator: str = ""
    files: tuple[File, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)
    simulator_options: Mapping[str, object] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    patients_known: bool = False

    @property
    def bundled(self) -> bool:
        """Whether it comes with a library, so that there is no file to fetch."""
        return not (self.files or self.simulator)

    def chosen(self, options: Mapping[str, object]) -> dict[str, object]:
        """All options of the reader, those given in `options` first.

        Those that are the simulator's are left out, and one that neither takes is refused.
        """
        known = [*self.options, *self.choices]
        if unknown := sorted(set(options) - set(known)):
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise DataError(f"{self.name} has no option {unknown[0]!r}: {takes}")
        return {**self.options, **{name: options[name] for name in options if name in self.options}}

    def simulated_with(self, options: Mapping[str, object]) -> Entry:
        """The entry whose simulator does as `options` choose; a value that it does not know is refused."""
        chosen = {name: options[name] for name in self.choices if name in options}
        for name, value in chosen.items():
            if value not in self.choices[name]:
                raise DataError(f"{self.name}: {name} is {' or '.join(self.choices[name])}, not {value!r}")
        return replace(self, simulator_options={**self.simulator_options, **chosen})

    @property
    def unusual(self) -> dict[str, object]:
        """The choices of the simulator that are not the usual ones."""
        usual = {name: values[0] for name, values in self.choices.items()}
        asked = {name: self.simulator_options.get(name, value) for name, value in usual.items()}
        return {name: value for name, value in asked.items() if value != usual[name]}

    def files_of(self, sets: Sequence[str] = ()) -> list[File]:
        """The files of some `sets`, or all; a set that does not exist is refused."""
        if not isinstance(sets, Sequence):
            raise DataError(f"{self.name}: sets are named as in ('a', 'b'), not {sets!r}")
        known = sorted({file.set for file in self.files})
        for one in sets:
            if one not in known:
                raise DataError(f"{self.name} has no set {one!r}: its sets are {', '.join(known)}")
        return [file for file in self.files if not sets or file.set in sets]


def import_name(reference: str) -> Callable:
    """The function that a `reference`, "module:function", names.

    >>> import_name("math:sqrt")(9)
    3.0
    """
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)
