"""Files made whole or not at all, archives read safely, and the mark of simulated files.

Knows no data set: readers, simulators and the store stand on it.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import os
import secrets
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from medlearn.errors import DataError, FetchError, MedlearnError

BLOCK = 1 << 20
MARKER = "SIMULATED.txt"  # lies beside files that a simulator wrote, for whoever looks into the folder
MARK = "simulated"  # an array or a column inside them, so that a copy is not taken for real either


def is_simulated(path: Path) -> bool:
    """Whether a simulator wrote the file at `path`, or the files of the folder."""
    return ((path if path.is_dir() else path.parent) / MARKER).exists()


@contextlib.contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """An empty file beside `target` to write to; it takes `target`'s place if nothing fails, else it goes."""
    with explained(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = _beside(target)
        try:
            draft.touch(exist_ok=False)
            yield draft
            os.replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, likewise; where another process was faster, its folder stays."""
    with explained(target.parent):
        draft = _beside(target)
        try:
            draft.mkdir(parents=True)
            yield draft
            try:
                os.rename(draft, target)
            except OSError:
                if not target.is_dir():
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")


@contextlib.contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say what a full disk means here, or a `folder` that cannot be written to."""
    try:
        yield
    except MedlearnError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FetchError(
                f"the disk of {folder} is full: make room, or choose another folder "
                "(MEDLEARN_CACHE names the cache's)"
            ) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST):
            raise FetchError(
                f"nothing can be written to {folder} ({error.strerror}): choose another folder "
                "(MEDLEARN_CACHE names the cache's)"
            ) from error
        raise


# Archives


def safe_tar_members(path: Path, *, limit: int = 100) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in the `.tar.gz` at `path`, in order, without writing anything to disk.

    An archive is refused when a member's name climbs out of its folder, when a member is a link, a device or
    has holes, or when all of it unpacks to more than `limit` times its own size (10 MB are always allowed).
    """
    path = Path(path)
    try:
        with gzip.open(path) as unzipped:
            stream = _Bounded(unzipped, path, max(limit * path.stat().st_size, 10 << 20))
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    archive.members.clear()  # tarfile would keep them all, and memory would grow
                    _refuse_unsafe(member, path)
                    if member.isfile():
                        yield member.name, archive.extractfile(member).read()
            while stream.read(BLOCK):  # to the end, where the checksum is
                pass
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{path} is damaged or no .tar.gz archive ({error}): get it again") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error


class _Bounded:
    """A stream that gives no more than `most` bytes."""

    def __init__(self, stream, path: Path, most: int):
        self.stream, self.path, self.left, self.most = stream, path, most, most

    def read(self, size: int) -> bytes:
        block = self.stream.read(size)
        self.left -= len(block)
        if self.left < 0:
            raise DataError(
                f"{self.path} unpacks to more than {self.most >> 20} MB, far more than its size can hold: "
                "it is not what it says it is, do not use it"
            )
        return block


def _refuse_unsafe(member: tarfile.TarInfo, path: Path) -> None:
    name = member.name.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise DataError(
            f"{path}: the member {member.name!r} climbs out of its folder; do not use this archive"
        )
    if member.issparse() or not (member.isfile() or member.isdir()):
        raise DataError(f"{path}: the member {member.name!r} is no plain file; do not use this archive")
