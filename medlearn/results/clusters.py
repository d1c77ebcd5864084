"""The groups' recipe: patients cut into groups without their classes, and the same cut beside null twins.

In short: columns are prepared, and ten principal components are left of them. Ours joins whoever is together
in most of many cuts of the graph of neighbours. All patients are grouped, and no class is looked at: it is
there to be compared with. What each recipe finds stands beside what it finds in null twins, made-up patients
from one Gaussian cloud with the same mean and covariance, in which there are no groups.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
from sklearn.cluster import AgglomerativeClustering
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from medlearn.data.csvfile import content_of, to_number
from medlearn.data.dataset import Dataset, Split, sum_notes
from medlearn.data.files import kind_of, opened, path_of
from medlearn.data.splitting import split_by_patient
from medlearn.data.tables.dermatology import COLUMNS as FINDINGS
from medlearn.data.tables.entries import ENTRIES
from medlearn.data.tables.expression import ENDINGS, study_of
from medlearn.errors import DataError, UndefinedMeasure
from medlearn.evaluation.clusters import SURE, Groups, ari, groups_found, nmi, null_twin, stability
from medlearn.features.tables import Preparation
from medlearn.models.autoencoder import autoencoder
from medlearn.models.groups import VOTES, Label, Recipe, consensus, k_means, mixture, neighbours
from medlearn.results.seeds import load_data, tabulate
from medlearn.results.table import OURS, Column, Table
from medlearn.training import fit, predict, set_seed

NAMES = ("clusters",)
FEWEST = 20  # patients
COMPONENTS = 10
MOST = 6  # numbers of groups from 2 to this one are tried where the number is asked for
WORLDS, TWINS = 20, 5  # null twins where the number is asked for, and beside each recipe
HALVES, SPLITS = 5, 5  # for stability, and for patients not learnt from
CODE, EPOCHS = 5, 100  # of the autoencoder
LEARNT, JUDGED = 1000, 400  # patients at most that are learnt from; that are compared with twins
LONGEST = 1 << 22  # bytes that are looked at to tell what a file is
LOW = 0.2  # an ARI below it: the groups are not the classes
DATA = {"expression": "expression", "dermatology": "dermatology", "rows": "phenotypes"}  # by kind of file

AS_THEY_ARE, FROM_CODE = "k-means on the values as they are", "k-means on an autoencoder's code"
COLUMNS = {
    "ari": Column(ari.label, ari.low, ari.high),
    "nmi": Column(nmi.label, nmi.low, nmi.high),
    "ari_new": Column("adjusted Rand index, patients not learnt from", -1),
    "silhouette": Column("silhouette", -1),
    "silhouette_null": Column("silhouette on null twins", -1),
    "stability": Column("stability", -1),
    "stability_null": Column("stability on null twins", -1),
    "k": Column("groups found", 1, MOST),
}
# NMI of k-means, by Yu et al., PMC5325197, table 4.
PUBLISHED = {"pomeroy-2002-v2": 0.607, "ramaswamy-2001": 0.5, "risinger-2003": 0.28, "su-2001": 0.312}
NOTES = (
    "All patients are grouped, whatever split they are in, and no class is looked at: into as many groups as "
    "there are classes, or as --groups says, or as are found.",
    f"Silhouettes are in the {COMPONENTS} principal components, whatever a recipe saw. Stability: two halves "
    "of the patients, each grouped alone, agree on everybody (adjusted Rand index). Null twins have the same "
    "mean and covariance, and no groups. Stability and groups found are those of one single cut of ours.",
)


def options(parser: argparse.ArgumentParser) -> None:
    """What the `parser` of these results takes besides."""
    parser.add_argument("--groups", type=int, metavar="K", help="so many (as many as classes, or as found)")
    own = parser.add_argument_group("tables of one's own", "a CSV with headings, and a row a patient")
    own.add_argument("--label", metavar="COLUMN", help="a known class, to compare the groups with")
    own.add_argument("--patient", metavar="COLUMN", help="whose each row is (a patient of its own)")
    own.add_argument(
        "--leave-out", metavar="COLUMN", nargs="+", action="extend", help="columns that are not read"
    )


def run(
    name: str,
    *,
    file: str | None = None,
    seeds: int = 3,
    groups: int | None = None,
    **parts: str | Sequence[str] | None,
) -> Table:
    """Cut patients into groups by ours and by the baselines, and set them beside their null twins.

    Parameters
    ----------
    name : "clusters".
    file : a table of expression, a folder of them, UCI Dermatology, or a CSV with a row a patient.
    seeds : how many times.
    groups : into how many; else as many as there are classes, or where none are known as are found.
    parts : which parts the columns of a CSV have: `label`, `patient`, `leave_out`.
    """
    data = load_sets(file, {part: value for part, value in parts.items() if value is not None})
    cohorts = {one: Cohort.of(one, each, groups) for one, each in data.items()}
    found: list[dict[str, Groups]] = []

    def answer(seed: int, tick: Callable) -> Mapping[str, Mapping[str, float]]:
        rows = {}
        found.append({})
        for one, cohort in cohorts.items():
            found[-1][one], rows[one] = of_cohort(cohort, seed=seed)
            tick()
        return together(rows)

    whole = merged(data)
    table = tabulate(
        whole,
        seeds=seeds,
        ticks=len(data),
        answer=answer,
        aside=[found],
        measure=dict,
        notes=[f"Mean over {seeds} seeds, with 95 % intervals for other draws on these patients.", *NOTES],
        columns=COLUMNS,
    )
    table.notes.extend(in_words(cohorts, found, table.rows))
    known = "; ".join(f"{one} {nmi:.3f}" for one, nmi in PUBLISHED.items() if one in data)
    if known and not whole.simulated:
        table.notes.append(f"NMI of k-means by others (PMC5325197, table 4): {known}.")
    return table


# The sets


class Cohort(NamedTuple):
    """The patients of a set, whatever split they are in.

    Parameters
    ----------
    x : their columns, NaN where nothing was measured.
    y : their known class, or None.
    patient : whose each row is.
    k : into how many groups; None: as many as are found.
    one_unit : whether all columns have the same unit.
    """

    x: np.ndarray
    y: np.ndarray | None
    patient: np.ndarray
    k: int | None
    one_unit: bool

    @classmethod
    def of(cls, name: str, data: Dataset, groups: int | None) -> Cohort:
        """All patients of `data`, called `name`, to be cut into so many `groups`; refuses what cannot be."""
        patient, x, y = (
            np.concatenate([getattr(split, part) for split in data.splits.values()])
            for part in ("patient", "x", "y")
        )
        order = np.argsort(patient, kind="stable")  # that of the splits follows the classes
        patient, x, y = patient[order], x[order], y[order]
        patients, classes = len(np.unique(patient)), len(np.unique(y))
        if patients < FEWEST:
            raise DataError(f"{name} has {patients} {data.cases}, and groups need {FEWEST} at least")
        most = min(patients, JUDGED) // 2
        told, allowed = f"{name}, of {patients} {data.cases},", f"2 to {most} groups can be asked for"
        if groups is not None and not 2 <= groups <= most:
            raise DataError(f"--groups {groups} is not possible in {told} where {allowed}")
        if groups is None and classes > most:
            raise DataError(f"{told} has {classes} classes: say --groups, since {allowed}")
        known, k = (y, classes) if classes > 1 else (None, None)
        return cls(x, known, patient, groups or k, data.name == "expression")


def load_sets(file: str | Path | None, parts: Mapping[str, str | Sequence[str]]) -> dict[str, Dataset]:
    """Each set by name: the ten studies, those in a folder, or the one in a `file`.

    `parts`: which parts its columns have, if it is a CSV with a row a patient.
    """
    path = None if file is None else path_of(file)
    kind = "studies" if path is None else kind_of(path)
    if kind == "":
        raise DataError(f"--file {path}: there is no such file or folder")
    if kind == "file":
        kind = kind_of_table(path)
    for part in parts if kind != "rows" else ():
        option = part.replace("_", "-")
        raise DataError(f"--{option} is for a CSV with a row a patient and headings: name one with --file")
    if kind == "studies":
        files = next(entry.files for entry in ENTRIES if entry.name == "expression")
        return {study_of(Path(one.name)): load_data("expression", sets=(one.set,)) for one in files}
    if kind == "folder":
        return {study_of(one): load_data("expression", file=one) for one in tables_of_expression(path)}
    return {study_of(path): load_data(DATA[kind], file=path, **parts)}


def tables_of_expression(folder: Path) -> list[Path]:
    """The tables of expression in a `folder`; whatever else lies there is passed over."""
    files = [file for file in sorted(folder.iterdir()) if file.name.lower().endswith(ENDINGS)]
    found = [file for file in files if kind_of_rows(*first_rows(file)) == "expression"]
    if not found:
        raise DataError(
            f"{folder} holds no table of expression, with a patient a column and their classes in the first "
            "row: name a file of another kind itself"
        )
    names = [study_of(file) for file in found]
    for name in names:
        if names.count(name) > 1:
            raise DataError(f"{folder} holds {name} twice: leave one of the two files")
    return found


def kind_of_table(path: Path) -> str:
    """What the file at `path` is, as `kind_of_rows` says; one that is nothing of the kind is refused."""
    kind = kind_of_rows(*first_rows(path))
    if not kind:
        raise DataError(
            f"{path} is no table of expression with classes in its first row, nor UCI Dermatology, nor a CSV "
            "with headings and a row a patient: save it as one of them"
        )
    return kind


def kind_of_rows(first: Sequence[str], second: Sequence[str]) -> str:
    """What a file is by the cells of its `first` and `second` row; "" if it is nothing that is known.

    >>> kind_of_rows(["GENES", "ALL", "ALL", "AML", "AML"], ["gene1", "1.5", "2", "", "0"])
    'expression'
    >>> kind_of_rows(["age", "sex", "lactate"], ["61", "1", "1.9"])
    'rows'
    """
    above, below = first[1:], [cell for cell in second[1:] if not np.isnan(to_number(cell))]
    texts = [cell for cell in above if np.isnan(to_number(cell))]
    if len(texts) <= 1 and len(first) in (len(FINDINGS) + 1, len(FINDINGS) + 2):  # an age can be "?"
        return "dermatology"
    if sum("#" in cell for cell in first) > len(FINDINGS) / 2:
        return "dermatology"
    is_headless = not texts and len(above) >= FEWEST and np.isnan(to_number(first[0]))
    if above and below and (is_headless or len(set(above)) <= len(above) / 2):
        return "expression"  # also where classes lack, which its reader says best
    return "rows" if above and len(texts) >= len(above) - 1 else ""


def first_rows(path: Path) -> tuple[Sequence[str], Sequence[str]]:
    """The cells of the first two rows of the file at `path` that are not empty, as far as there are any."""
    if path.suffix == ".gz":
        content = content_of(path)
    else:
        with opened(path) as stream:
            content = stream.read(LONGEST)
    text = content[:LONGEST].decode("utf-8-sig", "replace")
    lines = [line for line in text.splitlines() if line.strip()][:2]
    delimiter = max("\t,;", key=lines[0].count) if lines else "\t"
    try:
        rows = [list(map(str.strip, next(csv.reader([line], delimiter=delimiter)))) for line in lines]
    except csv.Error:  # a cell as long as a book
        rows = []
    first, second, *_ = (*rows, [""], [""])
    return first, second


def merged(data: Mapping[str, Dataset]) -> Dataset:
    """What the sets of `data` are together, to be described: whose their cases are, without any values."""
    if len(data) == 1:
        return next(iter(data.values()))

    def of(split: str) -> Split:
        parts = {name: each.splits[split] for name, each in data.items()}
        patient = np.concatenate([[f"{name} {who}" for who in one.patient] for name, one in parts.items()])
        return Split(patient, patient, patient)

    first = next(iter(data.values()))
    return replace(
        first,
        **{split: of(split) for split in first.splits},
        simulated=any(one.simulated for one in data.values()),
        source=f"{len(data)} sets, {first.source}",
        notes=sum_notes(note for one in data.values() for note in one.notes),
    )


# Their groups


class Space(NamedTuple):
    """Principal components of prepared columns, learnt from some patients and called on any.

    Parameters
    ----------
    there : the columns in which those patients have a value.
    prepare : what makes these fit.
    turn : the components.
    """

    there: np.ndarray
    prepare: Preparation
    turn: PCA

    @classmethod
    def of(cls, x: np.ndarray, *, one_unit: bool, seed: int) -> Space:
        """Learn it from the patients `x`; see `Cohort` for `one_unit`, and `seed` is of the solver."""
        there = ~np.isnan(x).all(0)
        prepare = Preparation.of(x[:, there], one_unit=one_unit)
        ready = prepare(x[:, there])
        return cls(there, prepare, PCA(min(COMPONENTS, *ready.shape), random_state=seed).fit(ready))

    def prepared(self, x: np.ndarray) -> np.ndarray:
        """The columns `x` of any patients, prepared."""
        return self.prepare(x[:, self.there])

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.turn.transform(self.prepared(x)).astype(float)


def average_linkage(x: np.ndarray, k: int, seed: int = 0) -> Label:
    """`k` groups of `x` by joining, again and again, the two that are nearest on average.

    Whoever was not there goes with those nearest to them; nothing is drawn by `seed`.
    """
    group = AgglomerativeClustering(k, linkage="average").fit_predict(x)
    return KNeighborsClassifier(min(VOTES, len(x)), weights="distance").fit(x, group).predict


RECIPES: dict[str, Recipe] = {
    OURS: consensus,
    "k-means": k_means,
    "mixture of Gaussians": mixture,
    "average linkage": average_linkage,
}
ASKED_ANEW = (OURS, "k-means", "mixture of Gaussians")  # of patients not learnt from
QUICK = {**RECIPES, OURS: neighbours}  # whose stability is asked


def of_cohort(cohort: Cohort, *, seed: int) -> tuple[Groups, dict[str, dict[str, float]]]:
    """How many groups are found in a `cohort`, and the measures of each system; `seed` is of all draws."""
    with threadpool_limits(1):  # for matrices as small as these, more threads only wait for each other
        space = Space.of(cohort.x, one_unit=cohort.one_unit, seed=seed)
        z = space(cohort.x)
        few = z[some(len(z), JUDGED, seed=seed)]
        found = groups_found(few, neighbours, most=MOST, twins=WORLDS, halves=HALVES, seed=seed)
        k = cohort.k or max(found.k, 2)
        anew = on_new_patients(cohort, k, seed=seed) if cohort.y is not None else {}
        beside = {name: beside_twins(few, name, k, seed=seed) for name in RECIPES}
        rows = {}
        for name, group in all_groups(cohort, space, k, seed=seed).items():
            known = compared(cohort.y, group) | anew.get(name, {})
            rows[name] = known | {"silhouette": silhouette(z, group, seed=seed)} | beside.get(name, {})
        rows[OURS]["k"] = found.k
    return found, rows


def all_groups(cohort: Cohort, space: Space, k: int, *, seed: int) -> dict[str, np.ndarray]:
    """The group of each patient of a `cohort` by each system.

    Parameters
    ----------
    cohort : all of it, and the `space` learnt from it.
    k : how many groups.
    seed : of all draws.
    """
    z, as_they_are = space(cohort.x), SimpleImputer(strategy="median").fit_transform(cohort.x[:, space.there])
    learnt = some(len(z), LEARNT, seed=seed)
    code = encode(space.prepared(cohort.x), learnt, seed=seed)
    return {
        **{name: recipe(z[learnt], k, seed)(z) for name, recipe in RECIPES.items()},
        AS_THEY_ARE: k_means(as_they_are, k, seed)(as_they_are),
        FROM_CODE: k_means(code, k, seed)(code),
    }


def some(count: int, most: int, *, seed: int) -> np.ndarray:
    """All positions of `count` patients, or `most` of them drawn by `seed`, in their order.

    >>> some(3, 5, seed=0), len(some(9, 5, seed=0))
    (array([0, 1, 2]), 5)
    """
    return np.sort(np.random.default_rng(seed).permutation(count)[:most])


def encode(x: np.ndarray, learnt: np.ndarray, *, seed: int) -> np.ndarray:
    """The code of each row of `x` by an autoencoder that learnt from those at `learnt`; `seed` draws it."""
    set_seed(seed)
    net = autoencoder(x.shape[1], code=CODE)
    net.compile(keras.optimizers.Adam(), "mse")
    fit(net, (x[learnt], x[learnt]), epochs=EPOCHS, patience=None, seed=seed)
    return predict(keras.Model(net.input, net.get_layer("code").output), x)


# What they are worth


def compared(y: np.ndarray | None, group: np.ndarray) -> dict[str, float]:
    """How far each patient's `group` is the known class `y`, if it is known."""
    return {} if y is None else {"ari": ari(y, group).value, "nmi": nmi(y, group).value}


def on_new_patients(cohort: Cohort, k: int, *, seed: int) -> dict[str, dict[str, float]]:
    """How well recipes that learn from half of the patients tell the classes of the other half.

    Parameters
    ----------
    cohort : its classes are known.
    k : how many groups.
    seed : draws the halves.
    """
    found: dict[str, list[float]] = {}
    for split in range(SPLITS):
        draw = SPLITS * seed + split
        learn, other = split_by_patient(cohort.patient, shares=(0.5, 0.5), seed=draw)
        learn = learn[some(len(learn), LEARNT, seed=draw)]
        space = Space.of(cohort.x[learn], one_unit=cohort.one_unit, seed=draw)
        known, asked = space(cohort.x[learn]), space(cohort.x[other])
        for name in ASKED_ANEW:
            with contextlib.suppress(UndefinedMeasure):  # one class only in this half
                value = ari(cohort.y[other], RECIPES[name](known, k, draw)(asked)).value
                found.setdefault(name, []).append(value)
    return {name: {"ari_new": float(np.mean(values))} for name, values in found.items()}


def beside_twins(z: np.ndarray, name: str, k: int, *, seed: int) -> dict[str, float]:
    """What the groups of some patients look like where there are none, and how stable they are.

    Parameters
    ----------
    z : the components of these patients.
    name : of the recipe.
    k : how many groups.
    seed : draws the twins and the halves.
    """
    recipe, steady = RECIPES[name], QUICK[name]
    twins = [null_twin(z, seed=TWINS * seed + number) for number in range(TWINS)]
    shape = [silhouette(twin, recipe(twin, k, seed)(twin), seed=seed) for twin in twins]
    of_z, *of_twins = (stability(x, steady, k, halves=HALVES, seed=seed) for x in (z, *twins))
    return {
        "silhouette_null": float(np.mean(shape)),
        "stability": of_z,
        "stability_null": float(np.mean(of_twins)),
    }


def silhouette(x: np.ndarray, group: np.ndarray, *, seed: int) -> float:
    """The silhouette of each one's `group` in the columns `x`; 0 where all are in one group.

    Where there are many, it is that of some of them, drawn by `seed`.
    """
    shown = some(len(x), LEARNT, seed=seed)
    x, group = x[shown], group[shown]
    return float(silhouette_score(x, group)) if 1 < len(np.unique(group)) < len(x) else 0.0


# The table


def together(rows: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """The rows of one set; of several the mean of each system over them, and below it ours for each set.

    `rows`: of each set, by system and measure.
    """
    if len(rows) == 1:
        return dict(next(iter(rows.values())))
    first, *others = rows.values()
    means: dict[str, dict[str, float]] = {}
    for system, row in first.items():
        each = [row, *(other[system] for other in others)]
        means[system] = {what: float(np.mean([one[what] for one in each if what in one])) for what in row}
    return means | {f"its {name}": dict(each[OURS]) for name, each in rows.items()}


def in_words(
    cohorts: Mapping[str, Cohort], found: Sequence[Mapping[str, Groups]], rows: Mapping[str, Mapping]
) -> list[str]:
    """What stands below the table: the groups that were found, and what they are not.

    Parameters
    ----------
    cohorts : by name.
    found : of each seed, the groups of each cohort.
    rows : of the table.
    """
    said = {name: [seed[name] for seed in found] for name in cohorts}
    each = "; ".join(f"{name} {in_short(groups)}" for name, groups in said.items())
    notes = [
        f"Groups found, of 2 to {MOST} that are tried, with p of as much in patients without groups, a seed: "
        f"{each}. Up to p = {SURE:.2f} there are groups; one set in {round(1 / SURE)} without any gets there "
        "by chance."
    ]
    for name, groups in said.items():
        ours = rows[OURS] if len(cohorts) == 1 else rows[f"its {name}"]
        if cohorts[name].k is None and any(one.k == 1 for one in groups):
            notes.append(f"Where no groups were found in {name}, what stands above is of two all the same.")
        if cohorts[name].y is not None and np.mean(ours["ari"]) < LOW and all(one.k > 1 for one in groups):
            notes.append(f"The groups of {name} are not its classes: they answer another question.")
    many = [name for name, cohort in cohorts.items() if len(cohort.x) > JUDGED]
    if many:
        notes.append(
            f"{', '.join(many)}: how many groups there are and how stable is asked of {JUDGED} patients, "
            f"drawn by chance; recipes learn from {LEARNT} at most, and all patients are grouped."
        )
    return notes


def in_short(groups: Sequence[Groups]) -> str:
    """The number of `groups` that each seed found, and its p.

    >>> in_short([Groups(3, 1 / 21, []), Groups(1, 0.31, [])])
    '3, none (.048, .310)'
    """
    counts = ", ".join("none" if one.k == 1 else str(one.k) for one in groups)
    return f"{counts} ({', '.join(f'{one.p:.3f}'.removeprefix('0') for one in groups)})"
