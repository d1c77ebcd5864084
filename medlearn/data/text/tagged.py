"""Tagged tokens: files of a token and its tag a line, B-Disease, I-Disease or O, as of CoNLL's shared tasks.

A file may be anybody's: each fault is one DataError that says in which line. Knows no tokens and no models.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from medlearn.data.csvfile import content_of
from medlearn.data.dataset import Dataset, Note, Split, sum_notes
from medlearn.data.entry import Entry
from medlearn.data.files import MARK, MARKER, kind_of, path_of
from medlearn.data.ragged import Ragged
from medlearn.data.splitting import split_by_patient
from medlearn.errors import DataError

SPELLINGS = {
    "train": ("train", "training"),
    "validation": ("devel", "dev", "valid", "validation", "val"),
    "test": ("test", "testing"),
}
ENDINGS = (".tsv", ".txt", ".conll", ".iob", ".bio")
DOCUMENT = "-DOCSTART-"
BARE = "entity"  # the type of the tags B and I that name none
MOST_TOKENS = 512  # of a sentence; a longer one is cut
ODD_SENTENCE = 100  # tokens of a file's only sentence from which on others seem to be joined to it
ODD_TOKEN, MOST_LETTERS = 100, 1000  # letters of a token: noted, refused
TAG = re.compile(r"O|[BI](?:-\S+)?")


def tag_names(classes: Sequence[str]) -> tuple[str, ...]:
    """The tags in the order of their numbers, for entities of the types `classes`.

    >>> tag_names(("disease", "drug"))
    ('O', 'B-disease', 'I-disease', 'B-drug', 'I-drug')
    """
    return ("O", *(f"{part}-{name}" for name in classes for part in "BI"))


def read_tagged(
    place: str | Path,
    *,
    entry: Entry | None = None,
    seed: int = 0,
    columns: Sequence[int] | None = None,
    keep: Mapping[str, int] | None = None,
) -> Dataset:
    """Sentences of tagged tokens as a Dataset, one case each: tokens as x, the numbers of their tags as y.

    x is a `Ragged` of texts and y one of numbers: 0 for O, and for the type t of `classes` 1 + 2 t where an
    entity begins and 2 + 2 t inside, as `tag_names` counts. Types are in small letters, in the order of the
    alphabet unless the `entry` has another; B and I alone are of one type, "entity".

    A line is a token, a tab or spaces, and its tag; an empty line ends a sentence. An I that follows no
    entity of its type is read as B. A sentence of more than 512 tokens is cut. Both are noted. A line that
    begins with `-DOCSTART-` begins a document: then `patient` is the document, or what "patient=…" says in
    such lines, and whatever else stands there as name=value goes to `about`. Without, each sentence counts as
    a document of its own.

    Parameters
    ----------
    place : a folder with train, devel (or dev, valid) and test as .tsv, .txt or .conll, or packed as .gz;
        or one file, whose documents or sentences are dealt out 60 : 20 : 20.
    entry : the data set.
    seed : deals out what stands in one file.
    columns : where a file has more than two columns, those of token and tag, such as (0, -1).
    keep : further columns that go to `about`, such as {"assertion": 2}: a `Ragged` of texts each.
    """
    columns, keep = _columns(columns), dict(keep or {})
    files = {name: _read(path, columns, keep) for name, path in _places(path_of(place)).items()}
    order = entry.classes if entry else ()
    classes = _types(files, order)
    known = all(file.heads for file in files.values())
    splits = _numbered([_cases(file, classes, known, keep) for file in files.values()], known)
    notes = [note for file in files.values() for note in file.notes]
    if len(files) > 1:
        notes += _across(files, splits, classes)
    else:
        splits = _dealt(splits[0], next(iter(files.values())).path, seed)
    return Dataset(
        path_of(place).stem,
        *splits,
        task="tagging",
        classes=classes,
        simulated=any(file.simulated for file in files.values()),
        patients_known=known,
        cases="sentences",
        objects="tokens",
        notes=sum_notes(notes),
    )


def _columns(columns: Sequence[int] | None) -> tuple[int, int] | None:
    """The two `columns`, checked."""
    if columns is None:
        return None
    both = tuple(columns) if isinstance(columns, Sequence) else (columns,)
    if len(both) != 2 or not all(isinstance(column, int) for column in both) or both[0] == both[1]:
        raise DataError(f"columns says where token and tag stand, from 0 on, as in (0, 3), not {columns!r}")
    return both


def _places(place: Path) -> dict[str, Path]:
    """The file of each split in the folder at `place`, or the one file, called ""."""
    if kind_of(place) != "folder":
        return {"": place}
    found: dict[str, list[Path]] = {name: [] for name in SPELLINGS}
    texts = []
    for file in sorted(place.iterdir()):
        stem, _, ending = file.name.lower().removesuffix(".gz").rpartition(".")
        if f".{ending}" in ENDINGS and file.name != MARKER:
            texts.append(file)
            for name, spellings in SPELLINGS.items():
                found[name] += [file] if stem in spellings else []
    if not any(found.values()) and len(texts) == 1:
        return {"": texts[0]}
    for name, files in found.items():
        if len(files) > 1:
            raise DataError(f"{place} holds {' and '.join(file.name for file in files)}: keep one of them")
        if not files:
            usual = f"{SPELLINGS[name][0]}.tsv"
            raise DataError(f"{place} has no {name} file (such as {usual}): add it, or name one file alone")
    return {name: files[0] for name, files in found.items()}


# One file


@dataclass
class _File:
    """What stands in a file: all tokens and tags, where sentences begin, and whose they are."""

    path: Path
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    extra: list[tuple[str, ...]] = field(default_factory=list)
    line: list[int] = field(default_factory=list)  # of each token
    start: list[int] = field(default_factory=lambda: [0])
    document: list[int] = field(default_factory=list)  # of each sentence: position in heads, from 1
    heads: list[str] = field(default_factory=list)  # the lines that begin documents
    notes: list[Note] = field(default_factory=list)
    simulated: bool = False

    def add(self, line: int, token: str, tag: str, *extra: str) -> None:
        if not token.strip() or "\0" in token:
            raise self.fault(line, "has no token: remove the line, or write what belongs there")
        if len(token) > MOST_LETTERS:
            raise self.fault(line, f"a token of {len(token):,} letters is none: is a space or tab missing?")
        self.tokens.append(token)
        self.tags.append(tag.strip())
        self.extra.append(extra)
        self.line.append(line)

    def end_sentence(self) -> None:
        if len(self.tokens) > self.start[-1]:
            self.start.append(len(self.tokens))
            self.document.append(len(self.heads))

    def fault(self, line: int, complaint: str) -> DataError:
        return DataError(f"{self.path}, line {line}: {complaint}")

    def note(self, what: str, lines: Sequence[int], *, grave: bool = False) -> None:
        if len(lines):
            self.notes.append(Note(what, len(lines), f"{self.path.name}, line {lines[0]}", grave))


def _read(path: Path, columns: tuple[int, int] | None, keep: Mapping[str, int]) -> _File:
    """The file at `path`, line by line."""
    file = _File(path)
    wanted = (*(columns or (0, 1)), *keep.values())
    plain = not (columns or keep)
    width = 2 if plain else 0  # 0: as many as the first line has
    for number, text in enumerate(_lines(path), start=1):
        if not text.strip():
            file.end_sentence()
        elif text.startswith(DOCUMENT):
            file.end_sentence()
            file.heads.append(text)
        elif number == 1 and text == f"# {MARK}":
            file.simulated = True
        else:
            cells = text.split("\t") if "\t" in text else text.split()
            width = width or _width(file, number, len(cells), wanted)
            if len(cells) != width:
                raise _odd_line(file, number, len(cells), width, plain)
            file.add(number, *[cells[column] for column in wanted])
    file.end_sentence()
    if not file.tokens:
        raise DataError(f"{path} is empty: there should be a token and its tag in each line")
    _note_oddities(file)
    return file


def _lines(path: Path) -> list[str]:
    """The lines of the file at `path`, whatever system wrote it."""
    content = content_of(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{path}, line {line} is not UTF-8 text: save the file as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _width(file: _File, number: int, width: int, wanted: Sequence[int]) -> int:
    """The `width` of a file, as its first line has it, if it has the columns that are `wanted`."""
    lacking = [column for column in wanted if not -width <= column < width]
    if lacking:
        raise file.fault(number, f"has {width} column(s), so there is none with the number {lacking[0]}")
    return width


def _odd_line(file: _File, number: int, found: int, width: int, plain: bool) -> DataError:
    """The error to raise where a line has not as many columns as it should."""
    if not plain:
        return file.fault(number, f"has {found} column(s), but the lines before it have {width}: mend it")
    advice = "the tag is missing, or the tab before it"
    if found > width:
        advice = "name the two with columns=(0, -1), or mend a tab or a space inside a token"
    return file.fault(number, f"has {found} column(s), where a token and its tag belong: {advice}")


def _note_oddities(file: _File) -> None:
    if len(file.start) == 2 and len(file.tokens) > ODD_SENTENCE:
        file.note("file without an empty line, read as one sentence", [1], grave=True)
    lengths = np.diff(file.start)
    long = np.flatnonzero(lengths > MOST_TOKENS)
    file.note(f"sentence of more than {MOST_TOKENS} tokens, cut", [file.line[file.start[at]] for at in long])
    odd = [line for token, line in zip(file.tokens, file.line, strict=True) if len(token) > ODD_TOKEN]
    file.note(f"token of more than {ODD_TOKEN} letters, kept", odd)
    empty = sorted(set(range(1, len(file.heads) + 1)) - set(file.document))
    if empty:
        where = f"{file.path.name}, document {empty[0]}"
        file.notes.append(Note("document without a sentence, left out", len(empty), where))


# Tags


def _type_of(tag: str) -> str:
    return tag[2:].lower() or BARE


def _types(files: Mapping[str, _File], order: Sequence[str]) -> tuple[str, ...]:
    """The types of entities in all `files`, in the `order` given where it has them all."""
    bare, named = None, None
    for file in files.values():
        for tag in sorted(set(file.tags)):
            if not TAG.fullmatch(tag):
                raise file.fault(
                    file.line[file.tags.index(tag)],
                    f"the tag {tag or 'nothing'!r} is none of O, B-… and I-…: mend it, or name other columns",
                )
            if tag != "O" and len(tag) == 1:
                bare = bare or (file, tag)
            elif tag != "O":
                named = named or (file, tag)
    if bare and named:
        file, tag = bare
        raise file.fault(
            file.line[file.tags.index(tag)], f"the tag {tag!r} names no type, but {named[1]!r} does: name it"
        )
    found = sorted({_type_of(tag) for file in files.values() for tag in set(file.tags) - {"O"}})
    if not found:
        first = next(iter(files.values()))
        raise DataError(f"{first.path}: every tag is O, so there is nothing to find")
    return tuple(order) if set(found) <= set(order) else tuple(found)


def _numbers(file: _File, classes: Sequence[str]) -> np.ndarray:
    """The number of each tag; an I that follows no entity of its type becomes B."""
    number = {name: code for code, name in enumerate(tag_names(classes))}
    each = {tag: number[tag if tag == "O" else f"{tag[0]}-{_type_of(tag)}"] for tag in set(file.tags)}
    y = np.array([each[tag] for tag in file.tags], np.int64)
    before = np.r_[0, y[:-1]]
    before[file.start[:-1]] = 0
    alone = (y > 0) & (y % 2 == 0) & ((before == 0) | ((before - 1) // 2 != (y - 1) // 2))
    lines = np.array(file.line)[alone]
    file.note("I that follows no entity of its type, read as B", lines)
    return y - alone


def _cuts(start: Sequence[int], y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where sentences begin once long ones are cut, before an O if there is one, and which each was."""
    begin, sentence = [0], []
    for number, (first, end) in enumerate(itertools.pairwise(start)):
        while end - first > MOST_TOKENS:
            free = np.flatnonzero(y[first + 1 : first + MOST_TOKENS + 1] == 0)
            first += int(free[-1]) + 1 if len(free) else MOST_TOKENS
            begin.append(first)
            sentence.append(number)
        begin.append(end)
        sentence.append(number)
    return np.array(begin), np.array(sentence)


# Cases and splits


def _cases(file: _File, classes: Sequence[str], known: bool, keep: Mapping[str, int]) -> Split:
    """The sentences of a `file`; `patient` counts its documents, or its sentences, from 0."""
    y = _numbers(file, classes)
    start, sentence = _cuts(file.start, y)
    about: dict[str, object] = {}
    for place, name in enumerate(keep):
        about[name] = Ragged(start, value=np.array([extra[place] for extra in file.extra], object))
    document = np.array(file.document)[sentence]
    if known:
        about |= {"document": document} | _told(file, document)
    x = Ragged(start, value=np.array(file.tokens, object))
    return Split(x, Ragged(start, value=y), document if known else sentence, about)


def _told(file: _File, document: np.ndarray) -> dict[str, np.ndarray]:
    """What the lines that begin documents say as name=value, for each sentence, if all of them say it."""
    told = [dict(re.findall(r"(\w+)=(\S+)", head)) for head in file.heads]
    if document.min() == 0:  # sentences before the first such line
        told.insert(0, {})
        document = document + 1
    names = [name for name in told[0] if all(name in each for each in told)]
    found = {}
    for name in names:
        values = np.array([each[name] for each in told])
        whole = all(re.fullmatch("0|[1-9][0-9]{0,17}", value) for value in values.tolist())
        found[name] = (values.astype(np.int64) if whole else values)[document - 1]
    return found


def _numbered(splits: Sequence[Split], known: bool) -> list[Split]:
    """The same with documents, or sentences, counted over all files; a patient who is named comes first."""
    done, numbered = 0, []
    named = known and all("patient" in split.about for split in splits)
    for split in splits:
        about = dict(split.about)
        number = split.patient + done
        done = int(number.max()) + 1
        if known:
            about["document"] = number
        patient = about.pop("patient") if named else number
        numbered.append(Split(split.x, split.y, patient, about))
    return numbered


def _dealt(everyone: Split, path: Path, seed: int) -> list[Split]:
    """One file's cases in three splits."""
    try:
        index = split_by_patient(everyone.patient, seed=seed)
    except DataError as error:
        raise DataError(f"{path} holds too few documents, or sentences, for three splits: {error}") from error
    return [everyone.take(positions) for positions in index]


def _across(files: Mapping[str, _File], splits: Sequence[Split], classes: Sequence[str]) -> list[Note]:
    """Notes of what only shows between the splits: a type that train lacks, a sentence that it has."""
    train, *others = splits
    known = {tuple(sentence) for sentence in train.x}
    types = set(((train.y["value"] + 1) // 2).tolist())
    notes = []
    for name, split in zip(list(files)[1:], others, strict=True):
        where = files[name].path.name
        new = sorted(set(((split.y["value"] + 1) // 2).tolist()) - types)
        if new:
            first = f"{where}, {classes[new[0] - 1]}"
            notes.append(Note(f"type of entity that {name} has and train lacks", len(new), first, True))
        again = [at for at, sentence in enumerate(split.x) if len(sentence) > 5 and tuple(sentence) in known]
        notes.append(
            Note.of(
                f"sentence of {name} that stands in train word for word",
                [f"{where}, line {files[name].line[split.x.start[at]]}" for at in again],
            )
        )
    return notes
