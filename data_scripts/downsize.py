"""Cut a real data set to a few hundred cases, in its own format, with about the same mix of classes.

    python data_scripts/downsize.py icu --cases 300 --to class-data
    MEDLEARN_DATA=class-data medlearn run     # every notebook, unchanged, on the downsized real data

With it a class, or a CI that may see the real data, runs all of the course in minutes. The course takes
the files in class-data/NAME as your own and says so; no digest can vouch for them. Patients stay whole, each
split and set keeps its share of the cases, and the same seed cuts the same cases.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medlearn.console import run_script, typed_path
from medlearn.data import catalogue, files, load, store
from medlearn.data.entry import Entry
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError


def main(argv: Sequence[str] | None = None) -> None:
    """Write what the command line asks for."""
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_written)
    parser.add_argument("name", metavar="NAME", help="as in `medlearn data list`")
    parser.add_argument("--to", type=typed_path, required=True, metavar="DIR")
    parser.add_argument("--cases", type=int, default=300, help="how many to keep in all (300)")
    parser.add_argument("--seed", type=int, default=0, help="another seed keeps other cases")
    parser.add_argument("--file", type=typed_path, metavar="PATH", help="cut this, not what is official")
    arguments = parser.parse_args(argv)
    entry = catalogue.find(arguments.name)
    if entry.bundled:
        raise DataError(f"{entry.name} comes with scikit-learn and is small as it is")
    cut = cut_stays if entry.name == "icu" else cut_images
    if cut is cut_images and not any(file.name.endswith(".npz") for file in entry.files):
        raise DataError(f"{entry.name} cannot be cut: only MedMNIST's files and intensive-care stays can be")
    source = arguments.file or store.fetch_all(entry)
    folder = arguments.to.absolute() / entry.name
    if os.path.lexists(folder):
        raise DataError(f"{folder} is there already: name another place, or remove it first")
    whole = load(entry.name, file=source)  # says what is cut, and refuses what cannot be read
    with files.new_folder(folder) as draft:
        kept = cut(source, draft, entry, arguments.cases, arguments.seed)
        if whole.simulated:  # what was cut from a stand-in is one; files with the mark inside keep it
            (draft / files.MARKER).write_text(f"{entry.name}: cut from simulated data. Nobody's data.\n")
    why = "" if kept == arguments.cases else f", {arguments.cases} were asked for: patients stay whole"
    print(f"{entry.name}: {kept} cases kept in {folder}{why}")
    print(f"Use them with MEDLEARN_DATA={arguments.to}, as in MEDLEARN_DATA={arguments.to} medlearn run")


def cut_images(source: Path, folder: Path, entry: Entry, cases: int, seed: int) -> int:
    """A MedMNIST file: arrays by split, one row an image."""
    name = entry.files[0].name
    path = source / name if source.is_dir() else source
    if not path.is_file():
        raise DataError(f"{source} holds no {name}; only files in that format can be cut")
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    labels = {key.removesuffix("_labels"): arrays[key].ravel() for key in arrays if key.endswith("_labels")}
    share = _share(cases, sum(map(len, labels.values())))
    kept = 0
    for split, label in labels.items():
        patient = arrays.get(f"{split}_patient", np.arange(len(label)))
        chosen = _choose(patient, label, share, seed)
        kept += len(chosen)
        arrays |= {key: rows[chosen] for key, rows in arrays.items() if key.startswith(f"{split}_")}
    np.savez_compressed(folder / name, **arrays)
    return kept


def cut_stays(source: Path, folder: Path, entry: Entry, cases: int, seed: int) -> int:
    """The challenge's sets that are there: an archive of one text file a stay, a table of outcomes."""
    here = [name for name in "abc" if (source / f"Outcomes-{name}.txt").is_file()]
    tables = {name: (source / f"Outcomes-{name}.txt").read_text().splitlines() for name in here}
    share = _share(cases, sum(len(lines) - 1 for lines in tables.values()))
    kept = 0
    for name, lines in tables.items():
        rows = list(csv.DictReader(lines))
        stay = np.array([row["RecordID"] for row in rows])
        chosen = _choose(stay, [row["In-hospital_death"] for row in rows], share, seed)
        kept += len(chosen)
        left = [lines[0], *(lines[1 + row] for row in chosen)]
        (folder / f"Outcomes-{name}.txt").write_text("\n".join(left) + "\n")
        _cut_archive(source, folder, f"set-{name}.tar.gz", set(stay[chosen]))
    return kept


def _cut_archive(source: Path, folder: Path, name: str, stays: set[str]) -> None:
    """The members whose stem is among `stays`. No time is stored, so that equal cuts are equal files."""
    with (
        (folder / name).open("wb") as raw,
        gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for member, content in files.safe_tar_members(source / name):
            if Path(member).stem in stays:
                info = tarfile.TarInfo(member)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))


def _share(cases: int, there: int) -> float:
    """The share to keep of the cases that are there."""
    if not 0 < cases < there:
        raise DataError(f"{cases} cases cannot be cut out of {there:,}: ask for fewer than there are")
    return cases / there


def _choose(patient: np.ndarray, label: Sequence, share: float, seed: int) -> np.ndarray:
    """The positions of about this share of the cases, whole patients, in about the same mix of classes."""
    chosen, _ = split_by_patient(patient, label, shares=(share, 1 - share), seed=seed)
    lost = set(np.unique(label)) - set(np.unique(np.asarray(label)[chosen]))
    if lost:
        raise DataError(f"no case of class {min(lost)} would be left: keep more cases")
    return chosen


if __name__ == "__main__":
    run_script(main)
