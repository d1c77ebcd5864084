"""Dataset and Split: cases with the patients they come from attached, and Note: what was odd in a file.

Knows nothing about files or the network (see store.py) nor about models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from medlearn.data.ragged import Ragged
from medlearn.errors import DataError

SPLITS = ("train", "validation", "test")
TASKS = (
    *("binary", "multiclass", "multilabel", "ordinal", "regression"),
    *("survival", "treatment", "tagging", "labelling", "detection", "segmentation", "none"),
)


class Cases(Protocol):
    """Anything with a length and an index: an array, `Records`, `Ragged`."""

    def __len__(self) -> int: ...

    def __getitem__(self, index): ...


class Note(NamedTuple):
    """What a reader met and how often: nothing is set aside in silence.

    Parameters
    ----------
    what : one phrase on what was met; `count` : how often; `first` : where it was met first.
    grave : whether it spoils results, so that `load` says it in a line of its own.

    >>> print(Note("row without a value, set aside", 3, "stays.csv, row 7"))
    3 × row without a value, set aside (first: stays.csv, row 7)
    """

    what: str
    count: int
    first: str
    grave: bool = False

    @classmethod
    def of(cls, what: str, found: Sequence, *, grave: bool = False) -> Note:
        """A note of `what` was met, where `found` are the places in order; see `Note` for `grave`."""
        return cls(what, len(found), str(found[0]) if len(found) else "", grave)

    def __str__(self) -> str:
        return f"{self.count:,} × {self.what} (first: {self.first})"


def sum_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """One of the `notes` for each kind, with their counts added up; what never happened is left out.

    >>> sum_notes([Note("odd row", 2, "row 1"), Note("odd cell", 0, ""), Note("odd row", 3, "row 9")])
    (Note(what='odd row', count=5, first='row 1', grave=False),)
    """
    kinds: dict[str, Note] = {}
    for note in notes:
        known = kinds.get(note.what)
        if note.count:
            kinds[note.what] = note if known is None else known._replace(count=known.count + note.count)
    return tuple(kinds.values())


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """Some cases: what a model sees of each (`x`), what is asked (`y`), and whose it is (`patient`).

    Parameters
    ----------
    x, y : anything with a length and an index: arrays, `Records`, `Ragged`.
    patient : a number or name a case: whoever must not be on two sides, be it a person, a slide or a locus.
    about : what else is known of each case and is never an input: the scanner, the site, a severity score,
        or what only a simulator knows; one array a name, one value a case.
    """

    x: Cases
    y: Cases
    patient: np.ndarray
    about: Mapping[str, Cases] = field(default_factory=dict)

    def __post_init__(self):
        sizes = {"x": len(self.x), "y": len(self.y), "patient": len(self.patient)}
        sizes |= {f"about[{name!r}]": len(values) for name, values in self.about.items()}
        if len(set(sizes.values())) > 1:
            raise DataError(f"all of a split needs one row a case, but the lengths are {sizes}")

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        about = f", about: {', '.join(self.about)}" if self.about else ""
        return f"{len(self):,} cases, x {_shape(self.x)}, y {_shape(self.y)}{about}"

    def take(self, index: np.ndarray | slice | Sequence[int]) -> Split:
        """The cases at `index`: positions, a slice or a boolean mask.

        >>> cases = Split(np.zeros((3, 2)), np.array([0, 1, 1]), np.array([7, 8, 8]))
        >>> cases.take(cases.y == 1).patient
        array([8, 8])
        """
        index = np.arange(len(self))[index]
        about = {name: values[index] for name, values in self.about.items()}
        return Split(self.x[index], self.y[index], self.patient[index], about)


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Three splits that share no patient, and where they come from.

    Parameters
    ----------
    name : as in the catalogue.
    train, validation, test : the splits.
    task : what is asked, one of `TASKS`.
    classes : their names in the order of y; empty where there are none.
    simulated : whether a simulator made the cases.
    patients_known : False where the source does not say whose each case is: then every case counts as a
        patient of its own, and overlap between the splits cannot be ruled out.
    cases : what one case is called ("films", "stays"); `objects`: what is counted within cases ("cells").
    source : one phrase: the file, the folder or the simulator.
    columns : names of the columns of x, for tables.
    notes : what the reader met that was odd.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    task: str
    classes: tuple[str, ...] = ()
    simulated: bool = False
    patients_known: bool = True
    cases: str = "cases"
    objects: str = ""
    source: str = ""
    columns: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()

    def __post_init__(self):
        if self.task not in TASKS:
            raise DataError(f"{self.name}: task must be one of {', '.join(TASKS)}, not {self.task!r}")
        if not self.patients_known:
            return
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
            shared = np.intersect1d(self.splits[first].patient, self.splits[second].patient)
            if len(shared):
                raise DataError(
                    f"{self.name}: {len(shared)} patient(s) are in both {first} and {second} "
                    f"(first: {shared[0]}); move each patient's cases into one split"
                )

    @property
    def splits(self) -> dict[str, Split]:
        """The three by name, in order."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def describe(self) -> str:
        """One line that says what this is.

        >>> few = Split(np.zeros((2, 1)), np.array([0, 1]), np.array([1, 2]))
        >>> Dataset("toy", few, few.take([]), few.take([]), task="binary", cases="films").describe()
        'toy: 2 real films (train 2, validation 0, test 0)'
        """
        counts = ", ".join(f"{name} {len(split):,}" for name, split in self.splits.items())
        total = sum(len(split) for split in self.splits.values())
        kind = "simulated" if self.simulated else "real"
        held = [split.x if isinstance(split.x, Ragged) else split.y for split in self.splits.values()]
        objects = f", {sum(map(count_objects, held)):,} {self.objects}" if self.objects else ""
        origin = f", {self.source}" if self.source else ""
        odd = sum(note.count for note in self.notes)
        oddities = f", {odd:,} oddities in .notes" if odd else ""
        return f"{self.name}: {total:,} {kind} {self.cases} ({counts}){objects}{origin}{oddities}"

    def __repr__(self) -> str:
        lines = [self.describe()]
        lines += [f"  {name:<10}  {split}" for name, split in self.splits.items()]
        if self.classes:
            lines.append(f"  {'classes':<10}  {', '.join(self.classes)} ({self.task})")
        lines += [f"  {'note':<10}  {note}" for note in self.notes]
        return "\n".join(lines)


def count_objects(y: Cases) -> int:
    """How many objects the cases hold: rows of a `Ragged`, or numbers in label maps.

    Parameters
    ----------
    y : boxes, tiles or words as `Ragged`; or label maps (n, height, width, …), 0 background, 1 … k objects.

    >>> count_objects(Ragged.of([[1, 2], [3]])), count_objects(np.array([[[0, 1], [2, 2]], [[0, 0], [1, 0]]]))
    (3, 3)
    """
    if isinstance(y, Ragged):
        return int(y.start[-1])
    return int(sum(len(np.unique(one[one > 0])) for one in np.asarray(y)))


def _shape(cases: Cases) -> str:
    """What stands in a split, in a few words."""
    if isinstance(cases, np.ndarray):
        return f"{cases.dtype.names or cases.dtype} {cases.shape}"
    return f"{type(cases).__name__} of {cases}"
