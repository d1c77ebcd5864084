"""A log of answers: a line of JSON for each, on the disk before the answer is given.

It holds what is needed to watch a model and to say later which version answered: no name, no date of birth,
no picture, no number of a patient.
"""

from __future__ import annotations

import datetime
import json
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from medlearn.data.files import explained, opened, path_of
from medlearn.errors import DataError, FetchError
from medlearn.serve.reading import Film

LONGEST = 20_000  # bytes of a line; one has about 400
FIELDS = {  # what a line holds, and of what type
    "time": str,
    "model": str,
    "film": str,
    "p": list,
    "decision": str,
    "distance": float,
    "scanner": str,
}


class Log:
    """The log in the file at `path`, open to be written at its end; several threads may write.

    A line that a killed process left half written is closed first, so that the next one stands alone.
    """

    def __init__(self, path: str | Path):
        self.path, self.lock, self.torn = path_of(path), threading.Lock(), False
        with explained(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            how = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self.descriptor = os.open(self.path, how, 0o600)
            if os.lseek(self.descriptor, 0, os.SEEK_END):
                os.lseek(self.descriptor, -1, os.SEEK_END)
                self.torn = os.read(self.descriptor, 1) != b"\n"

    def append(self, said: Mapping[str, object], film: Film) -> None:
        """Write one answer to the disk.

        Parameters
        ----------
        said : the answer, as `as_json` gives it.
        film : the film that it is about; only its digest and its scanner are written.
        """
        kept = {name: said[name] for name in ("model", "p", "decision", "distance")}
        row = {
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            **kept,
            "film": film.about["digest"],
            "scanner": film.about.get("scanner", ""),
        }
        line = json.dumps({name: row[name] for name in FIELDS}, allow_nan=False).encode() + b"\n"
        with self.lock, explained(self.path):
            line = b"\n" + line if self.torn else line
            self.torn = os.write(self.descriptor, line) != len(line)
            if self.torn:
                raise FetchError(f"the disk of {self.path} is full: make room, the answer was not logged")
            os.fsync(self.descriptor)

    def close(self) -> None:
        """Let the file go."""
        with self.lock:
            os.close(self.descriptor)


def read_log(path: str | Path) -> tuple[list[dict], list[str]]:
    """The answers in the log at `path`, in order, and a sentence for each damaged line.

    >>> import tempfile
    >>> place = Path(tempfile.mkdtemp(), "log.jsonl")
    >>> _ = place.write_text('{"time": "2026-11-2')
    >>> read_log(place)
    ([], ['line 1 is damaged: it is left out'])
    """
    path, rows, damaged = path_of(path), [], []
    for number, line in enumerate(_lines(path), start=1):
        row = _row(line)
        if row is not None:
            rows.append(row)
        elif line.strip():
            damaged.append(f"line {number} is damaged: it is left out")
    if damaged and not rows and len(damaged) > 10:
        raise DataError(f"{path} is no log of answers: give the file that medlearn serve --log names")
    return rows, damaged


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, none of them held longer than LONGEST."""
    with opened(path) as stream:
        while line := stream.readline(LONGEST):
            whole = line.endswith(b"\n")
            while not whole and (rest := stream.readline(LONGEST)):
                line, whole = b"too long", rest.endswith(b"\n")
            yield line


def _row(line: bytes) -> dict | None:
    """What a line says, if it has every field and each is of its type."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict) or not all(isinstance(row.get(name), kind) for name, kind in FIELDS.items()):
        return None
    if not all(isinstance(one, float) for one in row["p"]):
        return None
    return {name: row[name] for name in FIELDS}
