"""Tables for treatment: what was known before a decision, what was decided, and what came of it.

A CSV of anybody's, from a trial or from records. Knows the columns of the course's three tables and nothing
of what others mean: which were measured after the decision must be said, and what gives itself away as such
is refused.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from medlearn.data.csvfile import Table, in_order, is_number, only_file
from medlearn.data.dataset import SPLITS, Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, path_of
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

MOST_ARMS = 10
MOST_TEXTS = 30  # different texts in a column that becomes indicators
TELLS = 0.98  # AUROC from which a column says nearly all of the outcome, or of the arm
FEWEST = 10  # cases on either side, and in each group of a column, below which it may be chance
CHANCE = 1e-6  # of a difference between the arms of a trial, over all columns
BAD = {"1": 1, "yes": 1, "y": 1, "true": 1, "dead": 1, "died": 1}
GOOD = {"0": 0, "no": 0, "n": 0, "false": 0, "alive": 0, "survived": 0}

HEPARIN = {"L": "low heparin", "M": "medium heparin", "H": "medium heparin"}  # H in the pilot, then M
# What the columns of the course's tables are: see `read_treatments` for each word.
LAYOUTS = {
    "trial": {
        "treatment": "RXASP",
        "arms": {"N": "none", "Y": "aspirin", **HEPARIN},
        "outcome": "OCCODE",
        "bad": ("1", "2"),
        "unknown": ("0", "9"),
        "before": (
            *("RDELAY", "RCONSC", "SEX", "AGE", "RSLEEP", "RATRIAL", "RCT", "RVISINF", "RHEP24", "RASP3"),
            *("RSBP", *(f"RDEF{sign}" for sign in range(1, 9)), "STYPE"),
        ),
        "keep": {"HOSPNUM": "hospital", "COUNTRY": "country", "RXHEP": "heparin"},
    },
    "catheter": {
        "treatment": "swang1",
        "arms": {"No RHC": "no catheter", "RHC": "catheter"},
        "outcome": "dth30",
        "patient": "ptid",
        "after": ("sadmdte", "dschdte", "dthdte", "lstctdte", "death", "t3d30"),
        "keep": {"surv2md1": "surv2md1", "das2d3pc": "das2d3pc"},
    },
    "prescribing": {
        "treatment": "arm",
        "arms": {"no drug": "no drug", "drug": "drug"},
        "outcome": "bad",
        "patient": "patient",
        "keep": {name: name for name in ("bad_if_treated", "bad_if_not", "kidney", "severity", "propensity")},
    },
}


def read_treatments(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    treatment: str | None = None,
    outcome: str | None = None,
    bad: str | Sequence[str] | None = None,
    unknown: str | Sequence[str] | None = None,
    before: str | Sequence[str] | None = None,
    after: str | Sequence[str] | None = None,
    keep: str | Sequence[str] | Mapping[str, str] | None = None,
    patient: str | None = None,
    arms: Mapping[str, str] | None = None,
    randomised: bool = False,
    shares: Sequence[float] = (0.6, 0.2, 0.2),
) -> Dataset:
    """The cases of a CSV file, or one packed as `.csv.gz`: x known before, the arm, and the outcome y.

    x is float32 (n, columns), NaN where a cell is empty; a column of texts becomes one of 0 and 1 for each
    text, "name=text", and a single one where there are two texts. y is 1 for a bad outcome and 0 for a good
    one, or a number. The arm's code is `about["treatment"]`, and `classes` are the arms' names. A column that
    alone tells nearly all of the outcome or of the treatment is refused; that finds the plain cases alone, so
    name all that was measured after the decision.

    Parameters
    ----------
    place : the file, or a folder with the `entry`'s file or with one CSV file alone.
    entry : the data set; where the file has its columns, what is not said here is as they are.
    seed : draws the splits, which have the `shares` of the patients.
    treatment, outcome : the columns that say what was given and what came of it.
    bad : the texts of the outcome that count as 1. Without, it is 0 or 1, yes or no, true or false, dead or
        alive; or numbers, which stay numbers.
    unknown : texts of the treatment or the outcome that set a row aside, as an empty cell does.
    before : the columns that are inputs; without, all that have no other part.
    after : columns that were known only after the decision, and are left out.
    keep : columns that are never inputs and go to `about`, under another name where it is a mapping.
    patient : the column that says whose each case is; without, each row counts as a patient of its own.
    arms : names of the treatment's values in the order of their codes; two values may share a name.
    randomised : whether chance decided: then a column that differs between the arms is refused, too.
    """
    said = {"treatment": treatment, "outcome": outcome, "bad": bad, "unknown": unknown, "before": before}
    said |= {"after": after, "keep": keep, "patient": patient, "arms": arms}
    encoding = entry.files[0].encoding if entry and entry.files else ""
    official = entry.files[0].name if entry and entry.files else ""
    table = Table.read(only_file(path_of(place), official=official), otherwise=encoding)
    parts = _parts(table, said, LAYOUTS.get(entry.name, {}) if entry else {})
    table = _answered(table, parts)
    arm, names = _arms(table, parts)
    y = _outcome(table, parts)
    inputs = _inputs(table, parts)
    _refuse_tellers(table, inputs, arm, y)
    if randomised:
        _refuse_unlike(table, inputs, arm)
    x, columns = _matrix(inputs)
    about = {name: table.as_it_is(column) for column, name in parts["keep"].items()}
    everyone = Split(x, y, table.owners(parts["patient"]), {"treatment": arm} | about)
    return Dataset(
        table.path.stem,
        *_splits(everyone, names, shares, seed, table.path),
        task="treatment",
        classes=names,
        simulated=MARK in table.columns,
        patients_known=bool(parts["patient"] or (parts["official"] and entry.patients_known)),
        cases="patients",
        columns=columns,
        notes=sum_notes(table.notes),
    )


# The file and its columns


def _listed(names: str | Iterable[str] | None) -> tuple[str, ...]:
    return (str(names),) if np.isscalar(names) else tuple(map(str, names or ()))


def _parts(table: Table, said: Mapping[str, object], layout: Mapping[str, object]) -> dict:
    """What part each column has: as `said`, else as in the `layout`, where the file is laid so."""
    parts = {name: value for name, value in said.items() if value is not None}
    official = bool(layout) and {layout["treatment"], layout["outcome"]} <= set(table.columns)
    if official or not {"treatment", "outcome"} & set(parts):
        parts = _usual(table, parts, layout) | parts
    for role in ("treatment", "outcome"):
        if role not in parts:
            raise DataError(f"{table.path}: name the column of the {role} with {role}=")
    for role in ("treatment", "outcome", "patient"):
        if not isinstance(parts.get(role, ""), str):
            raise DataError(f"{role} names one column, as in {role}='NAME', not {parts[role]!r}")
    if not isinstance(parts.get("arms", {}), Mapping):
        raise DataError(f"arms names values, as in {{'A': 'drug', 'B': 'placebo'}}, not {parts['arms']!r}")
    keep = parts.get("keep", {})
    parts["keep"] = dict(keep) if isinstance(keep, Mapping) else {name: name for name in _listed(keep)}
    parts |= {role: _listed(parts.get(role)) for role in ("bad", "unknown", "before", "after")}
    parts |= {"patient": parts.get("patient"), "arms": dict(parts.get("arms", {})), "official": official}
    _check_names(table, parts)
    return parts


def _usual(table: Table, parts: Mapping[str, object], layout: Mapping[str, object]) -> dict:
    """The parts that the `layout` gives; what belongs to another outcome or treatment is left out."""
    usual = dict(layout)
    if parts.get("outcome", usual.get("outcome")) != usual.get("outcome"):
        usual = {name: value for name, value in usual.items() if name not in ("bad", "unknown")}
    values = set(table.columns.get(parts.get("treatment", usual.get("treatment")), ())) - {""}
    if not values <= set(usual.get("arms", ())):
        usual.pop("arms", None)
    asked = (parts.get("treatment"), parts.get("outcome"))
    return usual | {"keep": {column: name for column, name in usual["keep"].items() if column not in asked}}


def _check_names(table: Table, parts: Mapping) -> None:
    """Refuse a column that is not there, and one that is given two parts."""
    roles = {role: parts[role] for role in ("treatment", "outcome", "patient") if parts[role]}
    for name in (*roles.values(), *parts["before"], *parts["after"], *parts["keep"]):
        if name not in table.columns:
            near = difflib.get_close_matches(name, table.columns, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "look at its first row"
            raise DataError(f"{table.path} has no column {name!r}: {hint}")
    if len(set(roles.values())) < len(roles):
        raise DataError(f"{table.path}: {' and '.join(roles)} must be different columns")
    for role, name in roles.items():
        for part in ("before", "after", "keep"):
            if name in parts[part]:
                raise DataError(f"{table.path}: {name!r} is the {role}, so take it out of {part}=")
    if "treatment" in parts["keep"].values():
        raise DataError(
            f"{table.path}: 'treatment' is what the arm's code is called: keep the column under another "
            "name, as in keep={'treatment': 'given'}"
        )
    if both := [name for name in parts["before"] if name in (*parts["after"], *parts["keep"])]:
        part = "after" if both[0] in parts["after"] else "keep"
        raise DataError(
            f"{table.path}: {both[0]!r} is named in before= and in {part}=: a column is known before the "
            "decision, or it is not"
        )


def _answered(table: Table, parts: Mapping) -> Table:
    """The rows that say what was given and what came of it; the others are noted."""
    kept = np.ones(len(table.rows), bool)
    for role in ("treatment", "outcome"):
        lacks = kept & np.isin(table.columns[parts[role]], ["", *parts["unknown"]])
        table.note(f"row whose {role} is not known, set aside", np.flatnonzero(lacks))
        kept &= ~lacks
    if not kept.any():
        raise DataError(f"{table.path} has no row with a known treatment and a known outcome")
    columns = {name: cells[kept] for name, cells in table.columns.items()}
    return Table(table.path, columns, table.rows[kept], table.notes)


# Treatment, outcome, patient


def _arms(table: Table, parts: Mapping) -> tuple[np.ndarray, tuple[str, ...]]:
    """Each case's arm, and the arms' names in the order of their codes."""
    column, texts = parts["treatment"], table.columns[parts["treatment"]]
    values = in_order(texts)
    if unnamed := [value for value in values if parts["arms"] and value not in parts["arms"]]:
        raise table.fault(
            np.argmax(texts == unnamed[0]), column, f"{unnamed[0]!r} is no arm: name it in arms= or unknown="
        )
    order = [value for value in parts["arms"] if value in values] or values
    name_of = {value: parts["arms"].get(value, value) for value in order}
    names = tuple(dict.fromkeys(name_of.values()))
    if len(names) < 2:
        raise DataError(f"{table.path}: {column!r} is {names[0]!r} in every row: nothing can be compared")
    if len(names) > MOST_ARMS:
        raise DataError(
            f"{table.path}: {column!r} has {len(names)} different values, more than {MOST_ARMS} arms: "
            "name another column with treatment=, or join values with arms="
        )
    code = {value: names.index(name) for value, name in name_of.items()}
    return np.array([code[text] for text in texts], np.int64), names


def _outcome(table: Table, parts: Mapping) -> np.ndarray:
    """y: 1 where the outcome is bad, else 0; or a number."""
    column, texts = parts["outcome"], table.columns[parts["outcome"]]
    different = set(texts)
    if len(different) < 2:
        raise DataError(
            f"{table.path}: the outcome {column!r} is {texts[0]!r} in every row, so there is nothing to learn"
        )
    if parts["bad"]:
        if absent := [value for value in parts["bad"] if value not in different]:
            raise DataError(
                f"{table.path}: {column!r} is never {absent[0]!r}, which bad= names; "
                f"it is {', '.join(in_order(texts)[:MOST_ARMS])}"
            )
        y = np.isin(texts, parts["bad"]).astype(float)
        if y.all():
            raise DataError(f"{table.path}: bad= names every value of {column!r}: leave the good ones out")
        return y
    words = BAD | GOOD
    if {text.casefold() for text in different} <= set(words):
        return np.array([float(words[text.casefold()]) for text in texts])
    if not all(map(is_number, different)) or len(different) == 2:
        raise DataError(
            f"{table.path}: the outcome {column!r} is {' or '.join(in_order(texts)[:3])}, not 0 or 1: "
            "say with bad= which values are bad"
        )
    return table.numbers(column)


# What is known before


def _inputs(table: Table, parts: Mapping) -> dict[str, np.ndarray]:
    """The columns that are inputs, as numbers or as texts; those that cannot be are noted."""
    others = {parts["treatment"], parts["outcome"], parts["patient"], MARK, *parts["after"], *parts["keep"]}
    names = parts["before"] or [name for name in table.columns if name not in others]
    inputs: dict[str, np.ndarray] = {}
    left_out: dict[str, list[str]] = {}
    for name in names:
        texts = table.columns[name]
        different = set(texts) - {""}
        is_text = sum(map(is_number, different)) < 0.9 * len(different)  # one slip in ten is a slip
        if not name:  # as R writes the numbers of rows
            left_out.setdefault("column without a heading, left out", []).append(name)
        elif len(set(texts)) < 2:
            left_out.setdefault("column that is the same in every row, left out", []).append(name)
        elif is_text and len(different) > MOST_TEXTS:
            left_out.setdefault(f"column of more than {MOST_TEXTS} texts, left out", []).append(name)
        else:
            inputs[name] = texts if is_text else table.numbers(name)
    table.notes += [
        Note(what, len(found), f"{table.path.name}, column {found[0]!r}") for what, found in left_out.items()
    ]
    if not inputs:
        raise DataError(f"{table.path} has no column left that is known before the decision: name some")
    return inputs


def _matrix(inputs: Mapping[str, np.ndarray]) -> tuple[np.ndarray, tuple[str, ...]]:
    """x, and the names of its columns."""
    columns: dict[str, np.ndarray] = {}
    for name, cells in inputs.items():
        if cells.dtype != object:
            columns[name] = cells
            continue
        shown = sorted(set(cells) - {""})
        for text in shown[1:] if len(shown) == 2 else shown:
            columns[f"{name}={text}"] = np.where(cells == "", np.nan, cells == text)
    return np.stack(list(columns.values()), axis=1).astype(np.float32), tuple(columns)


# What gives itself away


def _refuse_tellers(table: Table, inputs: Mapping[str, np.ndarray], arm: np.ndarray, y: np.ndarray) -> None:
    """Refuse an input that alone says nearly all of the outcome, or of the arm."""
    arms = [arm == code for code in range(arm.max() + 1)]
    asked = {"the outcome": [y > y.mean()], "the treatment": arms}
    for name, cells in inputs.items():
        for what, sides in asked.items():
            found = max(_auroc_alone(cells, side) for side in sides)
            if found > TELLS:
                raise DataError(
                    f"{table.path}: column {name!r} alone tells {what} (AUROC {found:.3f}), so it looks "
                    "measured after the decision: name it with after="
                )


def _auroc_alone(cells: np.ndarray, side: np.ndarray) -> float:
    """How well a column alone tells who is on a `side`; .5 where there are too few to say."""
    from scipy.stats import rankdata

    if min(side.sum(), (~side).sum()) < FEWEST:
        return 0.5
    group = _groups(cells, most=50)
    readings = [(np.bincount(group, side) / np.bincount(group).clip(1))[group]]
    if cells.dtype != object:
        readings += [np.nan_to_num(cells, nan=end) for end in (-np.inf, np.inf)]
    ranks = np.stack([rankdata(each) for each in readings])
    count = side.sum()
    above = (ranks[:, side].sum(1) - count * (count + 1) / 2) / (count * (~side).sum())
    return float(np.maximum(above, 1 - above).max())


def _groups(cells: np.ndarray, *, most: int) -> np.ndarray:
    """A column as groups of like cells, numbers by size; groups that are too small are joined to one."""
    if cells.dtype == object:
        group = np.unique(cells.astype(str), return_inverse=True)[1]
    else:
        edges = np.unique(np.nanquantile(cells, np.linspace(0, 1, min(most, len(cells) // FEWEST) + 1)[1:-1]))
        group = np.where(np.isnan(cells), len(edges) + 1, np.searchsorted(edges, cells, side="right"))
    small = np.bincount(group)[group] < FEWEST
    return np.unique(np.where(small, -1, group), return_inverse=True)[1]


def _refuse_unlike(table: Table, inputs: Mapping[str, np.ndarray], arm: np.ndarray) -> None:
    """Refuse an input that differs between the arms of a trial by more than chance allows."""
    from scipy.stats import chi2_contingency

    for name, cells in inputs.items():
        group = _groups(cells, most=10)
        counts = np.zeros((group.max() + 1, arm.max() + 1))
        np.add.at(counts, (group, arm), 1)
        counts = counts[:, counts.sum(0) >= FEWEST]
        expected = counts.sum(1) * counts.sum(0).min(initial=len(arm)) / len(arm)
        counts = counts[expected >= 5]  # where fewer are expected, the test sees differences in chance
        if min(counts.shape) < 2:
            continue
        chance = chi2_contingency(counts).pvalue * len(inputs)
        if chance < CHANCE:
            raise DataError(
                f"{table.path}: column {name!r} differs between the arms by more than chance allows "
                f"(p {chance:.0e}), so it looks measured after randomisation: name it with after=, or say "
                "randomised=False"
            )


def _splits(
    everyone: Split, names: Sequence[str], shares: Sequence[float], seed: int, path: Path
) -> list[Split]:
    """Train, validation and test, each with patients of every arm."""
    arm, is_bad = everyone.about["treatment"], everyone.y > everyone.y.mean()
    try:
        index = split_by_patient(everyone.patient, 2 * arm + is_bad, shares=shares, seed=seed)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    for name, positions in zip(SPLITS, index, strict=True):
        for code, called in enumerate(names):
            if not (arm[positions] == code).any():
                raise DataError(f"{path}: {name} has no patient of the arm {called!r}: too few were given it")
    return [everyone.take(positions) for positions in index]
