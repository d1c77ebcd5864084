"""FASTA files whose class is the file: promoters, enhancers, or one's own sequences against others.

A file may be anybody's: each fault is one DataError that says where (see fasta.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from medlearn.data.dataset import SPLITS, Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import kind_of, path_of
from medlearn.data.sequences.fasta import Fasta
from medlearn.data.sequences.letters import one_length, other_strand, text_array
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

ENDINGS = (".fa", ".fasta", ".fna", ".txt")
ENDINGS = (*ENDINGS, *(f"{ending}.gz" for ending in ENDINGS))
STRENGTH = {"non": 0, "weak": 1, "strong": 2}
# In headers as of iEnhancer's files, chrX_2970600_2970800, and of genome browsers, range=chr12:783-983.
CHROMOSOME = re.compile(r"chr([0-9]{1,2}|[XYM])(?![0-9a-z])", re.IGNORECASE)
UNLIKE = 0.05  # difference of shares in lower case by which a class can be told


def read_promoters(
    place: str | Path, *, entry: Entry | None = None, seed: int = 0, negative: str | Path | None = None
) -> Dataset:
    """Promoters and other sequences as a Dataset, one case each: x the letters, y 1 for a promoter.

    `patient` is the group of sequences with the same letters and the same pairs of neighbours, so often each,
    on either strand: identical ones, and a promoter and what a shuffle that keeps pairs makes of it. On two
    sides these would pull a model of composition below chance. Other shuffles are not known for what they
    are. Groups are dealt out 60 : 20 : 20. Genes that resemble one another are not known from such files (see
    `medlearn.features.sequences.related`). `about` holds `masked`, the share of letters in lower case, which
    are read as upper, and `name`.

    Parameters
    ----------
    place : a FASTA file of promoters, or a folder with `positive.fa` and `negative.fa`; names may also end in
        .fasta, .fna or .txt, and in .gz.
    entry : the data set.
    seed : deals out the groups.
    negative : where `place` is a file, the FASTA file of sequences that are no promoters.
    """
    paths = _pair(path_of(place), negative)
    files = [Fasta.read(path) for path in paths]
    if files[0].sequences == files[1].sequences:
        raise DataError(f"{paths[0]} and {paths[1]} hold the same sequences: give one of other sequences")
    about = {
        "masked": np.concatenate([file.masked for file in files]),
        "name": np.array([name for file in files for name in file.names]),
    }
    notes = _masked_notes({"other": files[:1], "promoter": files[1:]})
    return _dataset(files, [0, 1], ("other", "promoter"), about, seed, notes=notes)


def _pair(place: Path, negative: str | Path | None) -> list[Path]:
    """The file of other sequences, and that of promoters."""
    if kind_of(place) == "folder":
        if negative is not None:
            raise DataError(f"negative= goes with file= of promoters, but {place} is a folder: name the file")
        return [_named(place, name) for name in ("negative", "positive")]
    if negative is None:
        raise DataError(
            f"{place} holds one class: name the FASTA file of other sequences with negative=, or give a "
            "folder with positive.fa and negative.fa"
        )
    paths = [path_of(negative), place]
    if paths[0].absolute() == paths[1].absolute():
        raise DataError(f"{place} is named as both classes: name another file with negative=")
    return paths


def _named(folder: Path, name: str) -> Path:
    """The FASTA file called `name` in a `folder`, whatever its ending."""
    found = [
        folder / f"{name}{ending}" for ending in ENDINGS if kind_of(folder / f"{name}{ending}") == "file"
    ]
    if len(found) != 1:
        held = f"holds {' and '.join(path.name for path in found)}" if found else f"holds no {name}.fa"
        raise DataError(f"{folder} {held}: there should be one FASTA file called {name}")
    return found[0]


def read_enhancers(place: str | Path, *, entry: Entry | None = None, seed: int = 0) -> Dataset:
    """Pieces of chromosomes as a Dataset, one case each: x the letters, y 1 for an enhancer, strong or weak.

    `patient` is the chromosome, which each header must name, as in "chr1:1-200" or "chr1_1_200"; chromosomes
    are dealt out 60 : 20 : 20, whichever file a sequence comes from. `about` holds `strength` (0 none, 1
    weak, 2 strong), `chromosome`, `masked`, the share of letters in lower case, which are read as upper, and
    `part`: "train" or "test" after the file, and "both" where a sequence of a test file stands in a training
    file of its class. Such a sequence is taken once; one that stands there under another class is kept.

    Parameters
    ----------
    place : a folder with `train_strong_enhancers.txt`, `train_weak_…` and `train_non_…`, and if you like
        `test_…` of each; of strong and weak one is enough. Names may also end in .fa and the like.
    entry : the data set.
    seed : deals out the chromosomes.
    """
    folder = path_of(place)
    if kind_of(folder) != "folder":
        raise DataError(
            f"{folder} is one file: give the folder with train_strong_enhancers.txt and the others"
        )
    read = {part: _of_part(folder, part) for part in ("train", "test")}
    if "non" not in read["train"] or len(read["train"]) < 2:
        lacks = "non" if "non" not in read["train"] else "strong"
        raise DataError(f"{folder} holds no train_{lacks}_enhancers.txt: both classes are needed")
    files = [file for part in read.values() for file in part.values()]
    levels = [STRENGTH[name] for part in read.values() for name in part]
    where = np.repeat([name for name, part in read.items() for _ in part], [len(f.heads) for f in files])
    notes = _masked_notes({name: [part[name] for part in read.values() if name in part] for name in STRENGTH})
    kept, part = _once(files, levels, where)
    about = {
        "masked": np.concatenate([file.masked for file in files]),
        "chromosome": np.array([name for file in files for name in _chromosomes(file)]),
        "strength": np.repeat(levels, [len(file.heads) for file in files]),
        "part": part,
    }
    return _dataset(
        files,
        [int(level > 0) for level in levels],
        ("other", "enhancer"),
        about,
        seed,
        kept,
        "chromosome",
        notes,
    )


def _of_part(folder: Path, part: str) -> dict[str, Fasta]:
    """The files of "train" or "test" that a `folder` holds, by their strength."""
    files = {}
    for name in STRENGTH:
        stem = f"{part}_{name}_enhancers"
        if any(kind_of(folder / f"{stem}{ending}") == "file" for ending in ENDINGS):
            files[name] = Fasta.read(_named(folder, stem))
    return files


def _chromosomes(file: Fasta) -> list[str]:
    """The chromosome that each header names."""
    names = []
    for head, line in zip(file.heads, file.lines, strict=True):
        found = CHROMOSOME.search(head)
        if not found:
            raise file.fault(line, f"names no chromosome, as chr1:1-200 does, but {head[:40]!r}: add it")
        names.append(f"chr{found[1].upper()}")
    return names


def _once(files: Sequence[Fasta], levels: Sequence[int], where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which cases are not repeats of training in a test file, and the part of each case.

    `levels` are the files' strengths, `where` the part of each case.
    """
    texts = [(level > 0, text) for file, level in zip(files, levels, strict=True) for text in file.sequences]
    first = {text: at for at, text in reversed([*enumerate(texts)]) if where[at] == "train"}
    repeats = [at for at, text in enumerate(texts) if where[at] == "test" and text in first]
    part = where.astype("<U5")
    part[[first[texts[at]] for at in repeats]] = "both"
    return ~np.isin(np.arange(len(texts)), repeats), part


# What the sets share


def _dataset(
    files: Sequence[Fasta],
    labels: Sequence[int],
    classes: tuple[str, str],
    about: Mapping[str, np.ndarray],
    seed: int,
    kept: np.ndarray | None = None,
    group: str = "",
    notes: Sequence[Note] = (),
) -> Dataset:
    """The sequences of `files` with a label each, those that are `kept`, in splits.

    `group` names the one of `about` that stays on one side; without, sequences with the same pairs do.
    """
    x, where = _sequences(files)
    y = np.repeat(labels, [len(file.heads) for file in files]).astype(np.int64)
    everyone = Split(x, y, about[group] if group else _same_pairs(x), about)
    if kept is not None:
        repeats = where[~kept].tolist()
        notes = [*notes, Note.of("sequence of a test file that stands in training, taken once", repeats)]
        everyone, where = everyone.take(kept), where[kept]
    notes = [*(note for file in files for note in file.notes), *notes]
    return Dataset(
        files[-1].path.stem,
        *splits_of(everyone, classes, seed, files[-1].path),
        task="binary",
        classes=classes,
        simulated=all(file.simulated for file in files),
        patients_known=bool(group),
        cases="sequences",
        notes=sum_notes([*notes, *case_notes(everyone.x, everyone.y, where)]),
    )


def _sequences(files: Sequence[Fasta]) -> tuple[np.ndarray, np.ndarray]:
    """The sequences of all `files`, which must have one length, and the place of each."""
    texts = [text for file in files for text in file.sequences]
    one_length(texts, [f"{file.path}, line {line}" for file in files for line in file.lines])
    return text_array(texts), text_array([place for file in files for place in file.places])


def _same_on_either_strand(texts: Sequence[str]) -> np.ndarray:
    """The number of each of the `texts`; one that is another's other strand has the same."""
    return np.unique([min(text, other_strand(text)) for text in texts], return_inverse=True)[1]


def _same_pairs(texts: Sequence[str]) -> np.ndarray:
    """A number for the pairs of neighbours of each of the `texts`, in any order and on either strand."""
    return np.unique([min(_pairs(text), _pairs(other_strand(text))) for text in texts], return_inverse=True)[
        1
    ]


def _pairs(text: str) -> str:
    """How often each pair of neighbours stands in a `text`, and its ends, which tell the letters' counts."""
    counts = sorted(Counter(map("".join, pairwise(text))).items())
    return " ".join([text[:1] + text[-1:], *(f"{pair}{count}" for pair, count in counts)])


def _masked_notes(files: Mapping[str, Sequence[Fasta]]) -> list[Note]:
    """A note of sequences with letters in lower case, and their share by class, if there are any."""
    files = {name: group for name, group in files.items() if group}
    places = [
        place
        for group in files.values()
        for file in group
        for place, share in zip(file.places, file.masked, strict=True)
        if share
    ]
    share = {name: np.mean(np.concatenate([file.masked for file in group])) for name, group in files.items()}
    told = ", ".join(f"{name} {100 * value:.0f} %" for name, value in share.items())
    unlike = max(share.values()) - min(share.values()) > UNLIKE
    warning = "; they tell the class, so they are read as upper case" if unlike else "; read as upper case"
    return [Note.of(f"sequence with letters in lower case ({told}{warning})", places)]


def case_notes(x: np.ndarray, y: np.ndarray, where: Sequence[str]) -> list[Note]:
    """Notes of sequences that stand in two classes, and of other repeats.

    Parameters
    ----------
    x, y : the sequences, of which either strand is the same, and their classes.
    where : the place of each, in order.
    """
    own = _same_on_either_strand(x)
    low, high = np.full(own.max() + 1, y.max()), np.zeros(own.max() + 1, y.dtype)
    np.minimum.at(low, own, y)
    np.maximum.at(high, own, y)
    two, copied = low < high, np.bincount(own) > 1
    first = np.unique(own, return_index=True)[1]
    return [
        _repeat_note("sequence that stands in two classes, kept", two, first, where, grave=True),
        _repeat_note("sequence that stands more than once, kept", copied & ~two, first, where),
    ]


def _repeat_note(
    what: str, which: np.ndarray, first: np.ndarray, where: Sequence[str], *, grave: bool = False
) -> Note:
    return Note.of(what, [where[at] for at in np.sort(first[which])], grave=grave)


def splits_of(everyone: Split, classes: Sequence[str], seed: int, path: Path) -> list[Split]:
    """The cases of `everyone` in three splits, each with all `classes`, dealt out by `seed`.

    Messages call the file by its `path`.
    """
    for code, called in enumerate(classes):
        if not (everyone.y == code).any():
            raise DataError(f"{path} has no sequence of the class {called!r}: every class is needed")
    try:
        index = split_by_patient(everyone.patient, everyone.y, seed=seed)
    except DataError as error:
        raise DataError(f"{path} holds too few sequences, or groups, for three splits: {error}") from error
    for name, positions in zip(SPLITS, index, strict=True):
        for code, called in enumerate(classes):
            if not (everyone.y[positions] == code).any():
                raise DataError(
                    f"{path}: {name} has no sequence of the class {called!r}: too few groups have it"
                )
    return [everyone.take(positions) for positions in index]
