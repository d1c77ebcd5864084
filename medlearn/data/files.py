"""Files made whole or not at all, archives read safely, and the mark of simulated files.

Knows no data set: readers, simulators and the store stand on it.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import gzip
import os
import secrets
import shutil
import stat
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from medlearn.errors import DataError, FetchError, MedlearnError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

BLOCK = 1 << 20
DAY = 24 * 60 * 60  # seconds
MOST_IN_MEMBER = 64 << 20  # bytes of one file in an archive
MARKER = "SIMULATED.txt"  # lies beside files that a simulator wrote, for whoever looks into the folder
MARK = "simulated"  # an array or a column inside them, so that a copy is not taken for real either


def is_simulated(path: Path) -> bool:
    """Whether a simulator wrote the file at `path`, or the files of the folder."""
    return os.path.exists((path if os.path.isdir(path) else path.parent) / MARKER)


@contextlib.contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """An empty file beside `target` to write to; it takes `target`'s place if nothing fails, else it goes."""
    with explained(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise FetchError(f"{target} is a folder, and a file belongs there: remove it")
        _clear_left_over(target)
        draft = _beside(target)
        try:
            draft.touch(exist_ok=False)
            with _in_use(draft):
                yield draft
                os.replace(draft, target)
        finally:
            draft.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside `target`, likewise; where another process was faster, its folder stays."""
    with explained(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        _clear_left_over(target)
        draft = _beside(target)
        try:
            draft.mkdir()
            with _in_use(draft):
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


def _clear_left_over(target: Path) -> None:
    """Remove drafts of this `target` that a killed process left; one that is in use stays."""
    for draft in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        with contextlib.suppress(OSError):
            age = time.time() - draft.lstat().st_mtime
            if age > (DAY if fcntl is None else 5) and not _is_in_use(draft):  # 5 s: it is about to be locked
                shutil.rmtree(draft) if draft.is_dir() else draft.unlink()


@contextlib.contextmanager
def _in_use(draft: Path) -> Iterator[None]:
    """Lock a `draft`, where the system can: the lock ends with the process, however that ends."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a disk without locks: then nothing is cleared there either
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _is_in_use(draft: Path) -> bool:
    """Whether a process holds the lock on a `draft`."""
    if fcntl is None:
        return False
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextlib.contextmanager
def alone(target: Path) -> Iterator[None]:
    """Let one process at a time change `target`; a lock older than half a minute was left by a killed one."""
    lock = target.with_name(f".{target.name}.lock")
    with explained(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
                break
            except FileExistsError:
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - lock.lstat().st_mtime > 30:
                        lock.unlink()
                time.sleep(0.01)
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


# What the system says of a path, as a sentence

ADVICE = {
    errno.ENOENT: "look at its name",
    errno.ENOTDIR: "a file stands where a folder should be",
    errno.EISDIR: "it is a folder, and a file belongs there",
    errno.EACCES: "it is closed to you; ask whoever owns it",
    errno.EPERM: "it is closed to you; ask whoever owns it",
    errno.ELOOP: "its links lead in a circle",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EIO: "the disk fails; take a copy that lies elsewhere",
}


@contextlib.contextmanager
def explained(place: Path, *, reading: bool = False) -> Iterator[None]:
    """Turn whatever the system says of a `place` into a sentence.

    It is a FetchError where something was to be written there, a DataError where it was only to be read
    (`reading`).
    """
    try:
        yield
    except MedlearnError:
        raise
    except OSError as error:
        said = error.strerror or str(error)
        if reading:
            advice = f"; {ADVICE[error.errno]}" if error.errno in ADVICE else ""
            raise DataError(f"{place} cannot be read: {said}{advice}") from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            fault = f"the disk of {place} is full: make room"
        else:
            fault = f"nothing can be written to {place} ({said}): mend that"
        raise FetchError(f"{fault}, or choose another folder (MEDLEARN_CACHE names the cache's)") from error


def path_of(value: str | Path) -> Path:
    """The path that a `value` names, "~" being the user's home."""
    try:
        return Path(value).expanduser()
    except TypeError as error:
        raise DataError(f"a path is a text, such as 'films/images.npz', not {value!r}") from error
    except RuntimeError as error:
        raise DataError(
            f"{value} begins with a home folder that is not known here: write the full path"
        ) from error


def kind_of(path: Path) -> str:
    """ "file", "folder", or "" where nothing is at `path`; what is neither is refused."""
    with explained(path, reading=True):
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: no name can be so
            return ""
    if stat.S_ISDIR(mode):
        return "folder"
    if stat.S_ISREG(mode):
        return "file"
    raise DataError(f"{path} is a pipe or a device, which may have no end: copy what it gives into a file")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The plain file at `path`, to read its bytes; nothing else is opened, since a pipe may wait forever."""
    with explained(path, reading=True):
        if (kind := kind_of(path)) != "file":
            fault = errno.EISDIR if kind else errno.ENOENT
            raise OSError(fault, os.strerror(fault))
        with path.open("rb") as stream:
            yield stream


# Archives


def safe_tar_members(
    path: Path, *, limit: int = 100, most: int = MOST_IN_MEMBER
) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in the `.tar.gz` or `.tar` at `path`, in order; nothing goes to disk.

    An archive is refused when a member's name climbs out of its folder, when a member is a link, a device or
    has holes, when one has more than `most` bytes, or when all of it unpacks to more than `limit` times its
    own size (10 MB are always allowed).
    """
    path = Path(path)
    with opened(path) as packed:
        try:
            start = packed.read(2)
            packed.seek(0)
            with packed if path.suffix == ".tar" and start != b"\x1f\x8b" else gzip.open(packed) as unzipped:
                stream = _Bounded(unzipped, path, max(limit * path.stat().st_size, 10 << 20))
                with tarfile.open(fileobj=stream, mode="r|") as archive:
                    for member in archive:
                        archive.members.clear()  # tarfile would keep them all, and memory would grow
                        _refuse_unsafe(member, path, most)
                        if member.isfile():
                            yield member.name, archive.extractfile(member).read()
                while stream.read(BLOCK):  # to the end, where the checksum is
                    pass
        except MedlearnError:
            raise
        # Headers that lie bring out ValueError and the like, and many one behind another RecursionError.
        except (*_BAD_ARCHIVE, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise DataError(f"{path} is damaged or no .tar.gz archive ({error}): get it again") from error


_BAD_ARCHIVE = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError)


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


def _refuse_unsafe(member: tarfile.TarInfo, path: Path, most: int) -> None:
    name = member.name.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise DataError(
            f"{path}: the member {member.name!r} climbs out of its folder; do not use this archive"
        )
    if member.size > most:
        raise DataError(
            f"{path}: the member {member.name!r} has {member.size:,} bytes, more than the {most:,} that one "
            "should have; do not use this archive"
        )
    if member.issparse() or not (member.isfile() or member.isdir()):
        raise DataError(f"{path}: the member {member.name!r} is no plain file; do not use this archive")


def safe_zip_members(
    path: Path, *, limit: int = 100, most: int = MOST_IN_MEMBER
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Name of each file in the `.zip` at `path`, in order, and what reads its content; nothing goes to disk.

    It is refused for what `safe_tar_members` refuses, with the same `limit` and `most`, and when it is locked
    with a password.
    """
    path = Path(path)
    try:
        with opened(path) as packed, zipfile.ZipFile(packed) as archive:
            members = archive.infolist()
            unpacked, allowed = (
                sum(one.file_size for one in members),
                max(limit * path.stat().st_size, 10 << 20),
            )
            if unpacked > allowed:
                raise DataError(
                    f"{path} unpacks to {unpacked >> 20} MB, far more than its size can hold: "
                    "it is not what it says it is, do not use it"
                )
            for one in members:
                _refuse_unsafe(_as_in_a_tar(one), path, most)
                if one.flag_bits & 1:
                    raise DataError(f"{path} is locked with a password: unpack it, and give the folder")
                if not one.is_dir():
                    yield one.filename, lambda one=one: archive.read(one)
    except MedlearnError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        raise DataError(f"{path} is damaged or no .zip archive ({error}): get it again") from error


def _as_in_a_tar(member: zipfile.ZipInfo) -> tarfile.TarInfo:
    """Name, size and kind of a zip's `member`, to be refused by the same rules."""
    same = tarfile.TarInfo(member.filename)
    same.size = member.file_size
    mode = member.external_attr >> 16
    same.type = tarfile.SYMTYPE if stat.S_ISLNK(mode) else tarfile.REGTYPE
    return same


def members_of(place: Path, *, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Name and content of the files at `place`, a folder, a `.zip`, a `.tar` or a `.tar.gz`, in order.

    Only files whose name is `wanted` are read, and none that systems leave behind. Names have forward slashes
    and begin below `place`.
    """

    def chosen(name: str) -> bool:
        parts = name.removeprefix("./").split("/")
        return not any(part.startswith((".", "__MACOSX")) for part in parts) and wanted(name)

    if kind_of(place) == "folder":
        for folder, folders, names in os.walk(place):
            folders.sort()
            for name in sorted(names):
                file = Path(folder, name)
                below = file.relative_to(place).as_posix()
                if chosen(below):
                    with opened(file) as stream:
                        content = stream.read(MOST_IN_MEMBER + 1)
                    if len(content) > MOST_IN_MEMBER:
                        raise DataError(f"{file} has more than {MOST_IN_MEMBER >> 20} MB: cut it up first")
                    yield below, content
    elif zipfile.is_zipfile(place):
        for name, read in safe_zip_members(place):
            if chosen(name):
                yield name, read()
    elif place.suffix in (".tar", ".gz", ".tgz"):
        yield from ((name, content) for name, content in safe_tar_members(place) if chosen(name))
    else:
        raise DataError(f"{place} is no folder and no .zip, .tar or .tar.gz, or it is damaged: get it again")
