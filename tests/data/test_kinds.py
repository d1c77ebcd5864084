"""Every kind of data that a chapter brings loads through the one reader protocol: small, full, and one's own.

Each kind here is a toy with the shape of a coming one: several files, a folder of text, boxes, label maps,
molecules, sequences of letters, survival times. None of them needs a line in `load`, `store` or `Dataset`.
"""

import hashlib
import json
import sys
import types
from dataclasses import dataclass, field

import numpy as np
import pytest

from medlearn.data import catalogue, load
from medlearn.data.dataset import Dataset, Note, Split
from medlearn.data.entry import Entry, File
from medlearn.data.ragged import Ragged
from medlearn.errors import DataError

COUNT = 10


def splits(x, y, about=None):
    """Six cases to learn from, two to validate, two to test on."""
    everyone = Split(x, y, np.arange(COUNT), about or {})
    return [everyone.take(part) for part in (np.s_[:6], np.s_[6:8], np.s_[8:])]


# Each kind: what its simulator writes, and how its reader reads it.


def write_boxes(folder, *, seed=0):
    rng = np.random.default_rng(seed)
    np.save(folder / "pictures.npy", rng.integers(256, size=(COUNT, 8, 8, 3), dtype=np.uint8))
    rows = ["picture,x0,y0,x1,y1,label"]
    rows += [f"{n},1,1,{3 + box},4,{box % 2}" for n in range(COUNT) for box in range(n % 3)]
    (folder / "boxes.csv").write_text("\n".join(rows) + "\n")


def read_boxes(place, *, entry, seed=0):
    from medlearn.data.csvfile import Table

    table = Table.read(place / "boxes.csv")
    corners = np.stack([table.numbers(name) for name in ("x0", "y0", "x1", "y1")], axis=1)
    start = np.searchsorted(table.numbers("picture"), np.arange(COUNT + 1))
    y = Ragged(start, corners=corners, label=table.numbers("label").astype(int))
    x = np.load(place / "pictures.npy", allow_pickle=False)
    return Dataset(entry.name, *splits(x, y), task="detection", classes=entry.classes, objects="cells")


def write_maps(folder, *, seed=0):
    x = np.random.default_rng(seed).integers(256, size=(COUNT, 6, 6, 1), dtype=np.uint8)
    y = np.zeros((COUNT, 6, 6), np.uint16)
    y[:, 1:3, 1:3], y[:, 4, 4] = 1, 2
    np.savez(folder / "maps.npz", x=x, y=y)


def read_maps(place, *, entry, seed=0):
    path = place if place.is_file() else place / entry.files[0].name
    with np.load(path, allow_pickle=False) as arrays:
        x, y = arrays["x"], arrays["y"]
    return Dataset(entry.name, *splits(x, y), task="segmentation", objects="nuclei")


def write_text(folder, *, seed=0):
    for n in range(COUNT):
        (folder / f"note{n}.txt").write_text("no fever\n" if n % 2 else "cough and fever today\n")


def read_text(place, *, entry, seed=0):
    files = sorted(place.glob("note*.txt"))
    if not files:
        raise DataError(f"{place} holds no note*.txt")
    words = Ragged.of([file.read_text().split() for file in files])
    tags = Ragged(words.start, value=(words["value"] == "fever").astype(int))
    notes = (Note.of("note without a date", [file.name for file in files[:1]]),)
    return Dataset(
        entry.name, *splits(words, tags), task="tagging", classes=("other", "finding"), notes=notes
    )


def write_letters(folder, *, seed=0):
    rng = np.random.default_rng(seed)
    lines = [f">seq{n} class={n % 2}\n{''.join(rng.choice(list('ACGT'), 5 + n))}\n" for n in range(COUNT)]
    (folder / "letters.fa").write_text("".join(lines))


def read_letters(place, *, entry, seed=0, alphabet="ACGT"):
    path = place if place.is_file() else place / entry.files[0].name
    heads, *bodies = zip(*(line.split("\n")[:2] for line in path.read_text().split(">")[1:]), strict=True)
    letters = Ragged.of([np.frombuffer(body.encode(), np.uint8) for body in bodies[0]])
    y = np.array([int(head[-1]) for head in heads])
    odd = np.flatnonzero(~np.isin(letters["value"], list(alphabet.encode())))
    notes = (Note.of("letter outside the alphabet", odd),) if len(odd) else ()
    return Dataset(entry.name, *splits(letters, y), task="binary", classes=("no", "yes"), notes=notes)


def write_molecules(folder, *, seed=0):
    rows = ["smiles,toxic,mutagenic"] + [
        f"{'C' * (n + 1)}O,{n % 2},{'' if n % 3 else 1}" for n in range(COUNT)
    ]
    (folder / "molecules.csv").write_text("\n".join(rows) + "\n")


def read_molecules(place, *, entry, seed=0):
    from medlearn.data.csvfile import Table

    table = Table.read(place if place.is_file() else place / entry.files[0].name)
    y = np.stack([table.numbers(name) for name in ("toxic", "mutagenic")], axis=1)  # NaN: not measured
    scaffold = {"scaffold": np.array([smiles[:2] for smiles in table.columns["smiles"]])}
    return Dataset(entry.name, *splits(table.columns["smiles"].astype(str), y, scaffold), task="multilabel")


def write_times(folder, *, seed=0, pace="slow"):
    rng = np.random.default_rng(seed)
    scale = {"slow": 9, "fast": 1}[pace]
    rows = ["age,time,event"] + [f"{40 + n},{rng.exponential(scale):.3f},{n % 2}" for n in range(COUNT)]
    (folder / "times.csv").write_text("\n".join(rows) + "\n")


def read_times(place, *, entry, seed=0):
    from medlearn.data.csvfile import Table

    table = Table.read(place if place.is_file() else place / entry.files[0].name)
    y = np.empty(COUNT, [("time", float), ("event", bool)])
    y["time"], y["event"] = table.numbers("time"), table.numbers("event")
    return Dataset(entry.name, *splits(table.numbers("age")[:, None], y), task="survival", columns=("age",))


@dataclass
class Kind:
    """A toy kind: its files, and what a case of it must be."""

    files: tuple[str, ...]
    y: type
    inside: str = ""  # what `describe` counts within the cases
    odd: str = ""
    options: dict = field(default_factory=dict)
    choices: dict = field(default_factory=dict)


KINDS = {
    "boxes": Kind(("pictures.npy", "boxes.csv"), Ragged, inside=", 9 cells"),
    "maps": Kind(("maps.npz",), np.ndarray, inside=", 20 nuclei"),
    "text": Kind(tuple(f"note{n}.txt" for n in range(COUNT)), Ragged, odd=", 1 oddities in .notes"),
    "letters": Kind(("letters.fa",), np.ndarray, options={"alphabet": "ACGT"}),
    "molecules": Kind(("molecules.csv",), np.ndarray),
    "times": Kind(("times.csv",), np.ndarray, choices={"pace": ("slow", "fast")}),
}


@pytest.fixture(params=KINDS)
def kind(request, tmp_path, monkeypatch) -> str:
    """A kind in the catalogue, with a simulator, and official files in a mirror."""
    name = request.param
    here, module = globals(), types.ModuleType("toy_kind")
    module.VERSION, module.read = 1, here[f"read_{name}"]

    def write(folder, *, seed=0, **chosen):
        here[f"write_{name}"](folder, seed=seed, **chosen)

    write.__module__, module.write = "toy_kind", write
    monkeypatch.setitem(sys.modules, "toy_kind", module)
    official = tmp_path / "mirror" / f"toy_{name}"
    official.mkdir(parents=True)
    write(official, seed=99)
    files = tuple(
        File(
            file,
            f"https://example.org/{file}",
            "sha256:" + hashlib.sha256((official / file).read_bytes()).hexdigest(),
        )
        for file in KINDS[name].files
    )
    entry = Entry(
        name=f"toy_{name}",
        title=f"Toy {name}",
        modality="toy",
        task="binary",
        classes=("no", "yes"),
        cases="toys",
        count=COUNT,
        licence="CC BY 4.0",
        citation="Nobody (2026)",
        homepage="https://example.org",
        reader="toy_kind:read",
        simulator="toy_kind:write",
        files=files,
        options=KINDS[name].options,
        choices=KINDS[name].choices,
    )
    monkeypatch.setitem(catalogue.CATALOGUE, entry.name, entry)
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MEDLEARN_MIRROR", str(tmp_path / "mirror"))
    return name


def same(one, other) -> bool:
    if isinstance(one, Ragged):
        return all(np.array_equal(one[name], other[name]) for name in one.columns)
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def test_it_loads_small_and_full_and_from_ones_own_folder(kind, tmp_path, capsys):
    small, full = load(f"toy_{kind}"), load(f"toy_{kind}", size="full")
    own = load(f"toy_{kind}", file=tmp_path / "mirror" / f"toy_{kind}")
    first, second, third = capsys.readouterr().out.splitlines()
    counts = f"(train 6, validation 2, test 2){KINDS[kind].inside}"
    assert first.startswith(f"toy_{kind}: 10 simulated toys {counts}, seed 0")
    assert second.startswith(f"toy_{kind}: 10 real toys {counts}, Toy {kind}{KINDS[kind].odd}")
    assert str(tmp_path) in third
    assert small.simulated and not full.simulated and not own.simulated
    for split in full.splits.values():
        assert isinstance(split.y, KINDS[kind].y) and len(split.x) == len(split.y) == len(split)
    assert same(full.train.x, own.train.x) and same(full.test.y, own.test.y)


def test_a_single_official_file_can_be_named_itself(kind, tmp_path):
    if len(KINDS[kind].files) == 1:
        folder = tmp_path / "mirror" / f"toy_{kind}"
        assert same(
            load(f"toy_{kind}", file=folder / KINDS[kind].files[0]).train.x,
            load(f"toy_{kind}", file=folder).train.x,
        )


def test_cases_can_be_taken_in_any_order_and_the_repr_stays_short(kind):
    data = load(f"toy_{kind}")
    back = data.train.take([5, 0, 3])
    for number, case in enumerate((5, 0, 3)):
        for taken, whole in ((back.x, data.train.x), (back.y, data.train.y)):
            assert json.dumps(_plain(taken[number])) == json.dumps(_plain(whole[case]))
    assert back.patient.tolist() == [5, 0, 3] and all(len(values) == 3 for values in back.about.values())
    assert len(repr(data).splitlines()) <= 6 and max(map(len, repr(data).splitlines())) < 200


def _plain(case):
    if isinstance(case, dict):
        return {name: rows.tolist() for name, rows in case.items()}
    return str(np.asarray(case).tolist())


def test_a_kind_with_an_option_takes_it_and_no_other(kind):
    options = [*KINDS[kind].options, *KINDS[kind].choices]
    if KINDS[kind].options:
        assert load(f"toy_{kind}", alphabet="AC").notes and not load(f"toy_{kind}").notes
    with pytest.raises(
        DataError, match=f"toy_{kind} has no option 'pixels': it takes {', '.join(options) or 'none'}"
    ):
        load(f"toy_{kind}", pixels=28)


def _alike(one, other) -> bool:
    return np.array_equal(one.train.y, other.train.y)


def test_what_a_simulator_lets_one_choose_is_an_option_of_load(kind, tmp_path, capsys):
    """What was chosen stands beside the usual stand-in and says so; real data know no choice."""
    for option, (usual, other) in KINDS[kind].choices.items():
        chosen, plain = load(f"toy_{kind}", **{option: other}), load(f"toy_{kind}")
        first, second = capsys.readouterr().out.splitlines()
        assert f"seed 0, {option} by {other}" in first and option not in second
        assert not _alike(chosen, plain) and _alike(load(f"toy_{kind}", **{option: other}), chosen)
        assert _alike(load(f"toy_{kind}", **{option: usual}), plain)
        with pytest.raises(DataError, match=f"{option} is {usual} or {other}, not 'odd'"):
            load(f"toy_{kind}", **{option: "odd"})
        for place in ({"size": "full"}, {"file": tmp_path / "mirror" / f"toy_{kind}"}):
            with pytest.raises(DataError, match=f"{option} is chosen where data are simulated"):
                load(f"toy_{kind}", **place, **{option: other})
            load(f"toy_{kind}", **place, **{option: usual})


def test_what_a_reader_refuses_is_said(tmp_path):
    with pytest.raises(DataError, match=r"holds no note\*.txt"):
        read_text(tmp_path, entry=None)
    with pytest.raises(DataError, match=r"task must be one of binary, .*, not 'guessing'"):
        Dataset("toy", *splits(np.zeros(COUNT), np.zeros(COUNT)), task="guessing")
