"""Dataset and Split: arrays with the patients they come from attached.

Knows nothing about files or the network (see store.py) nor about models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from medlearn.errors import DataError

PARTS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Split:
    """Some cases: what is known of each (`x`), what is asked (`y`), whose it is (`patient`).

    `x` is an array with one row a case, or `Records`. `truth` holds, for simulated cases only, what
    the simulator knew and no model may see: one array a name, one value a case.
    """

    x: Any
    y: np.ndarray
    patient: np.ndarray
    truth: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self):
        sizes = {"x": len(self.x), "y": len(self.y), "patient": len(self.patient)}
        sizes |= {f"truth[{name!r}]": len(values) for name, values in self.truth.items()}
        if len(set(sizes.values())) > 1:
            raise DataError(f"every part of a split needs one row a case, but their lengths are {sizes}")

    def __len__(self) -> int:
        return len(self.y)

    def take(self, index) -> Split:
        """The cases at `index`: positions, a slice or a boolean mask.

        >>> cases = Split(np.zeros((3, 2)), np.array([0, 1, 1]), np.array([7, 8, 8]))
        >>> cases.take(cases.y == 1).patient
        array([8, 8])
        """
        index = np.arange(len(self))[index]
        truth = {name: values[index] for name, values in self.truth.items()}
        return Split(self.x[index], self.y[index], self.patient[index], truth)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Three splits that share no patient, and where they come from."""

    name: str
    train: Split
    validation: Split
    test: Split
    task: str  # "binary", "multiclass", "ordinal" or "regression"
    classes: tuple[str, ...] = ()  # in the order of y; empty for a regression
    simulated: bool = False
    # False where the source does not say whose each case is: then every case counts as a patient of
    # its own, and overlap between the splits cannot be ruled out.
    patients_known: bool = True
    cases: str = "cases"  # what one case is called: "films", "stays"
    source: str = ""  # one phrase: the file, the folder or the simulator
    columns: tuple[str, ...] = ()  # names of the columns of x, for tables

    def __post_init__(self):
        if not self.patients_known:
            return
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
            shared = np.intersect1d(getattr(self, first).patient, getattr(self, second).patient)
            if len(shared):
                raise DataError(
                    f"{self.name}: {len(shared)} patient(s) are in both {first} and {second} "
                    f"(first: {shared[0]}); move each patient's cases into one split"
                )

    @property
    def splits(self) -> dict[str, Split]:
        return {part: getattr(self, part) for part in PARTS}

    def describe(self) -> str:
        """One line that says what this is.

        >>> few = Split(np.zeros((2, 1)), np.array([0, 1]), np.array([1, 2]))
        >>> Dataset("toy", few, few.take([]), few.take([]), task="binary", cases="films").describe()
        'toy: 2 real films (train 2, validation 0, test 0)'
        """
        counts = ", ".join(f"{part} {len(split):,}" for part, split in self.splits.items())
        total = sum(len(split) for split in self.splits.values())
        kind = "simulated" if self.simulated else "real"
        origin = f", {self.source}" if self.source else ""
        return f"{self.name}: {total:,} {kind} {self.cases} ({counts}){origin}"
