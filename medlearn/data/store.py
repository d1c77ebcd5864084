"""Where files come from and where they stay: cache, mirror, source, simulator.

A file is looked for in the cache, then in the mirror, then at its source. It is made and checked beside its
place and moved there whole: nobody ever sees half a file, and two processes at once do no harm. What is in a
file is the readers' business.

    MEDLEARN_CACHE    the cache's folder, where the usual one of this system will not do
    MEDLEARN_MIRROR   a folder or an address with NAME/FILENAME in it, as `medlearn data mirror` writes it
"""

from __future__ import annotations

import contextlib
import csv
import errno
import functools
import gzip
import importlib
import os
import secrets
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pooch

from medlearn.data.catalogue import Entry, File
from medlearn.errors import DataError, FetchError, MedlearnError

BLOCK = 1 << 20
TRIES = 3
MARKER = "SIMULATED.txt"  # lies beside files that a simulator wrote, so that they are never taken for real


# Places


def cache_folder() -> Path:
    """Where files stay. Nothing is made until something is kept."""
    return _folder_named_in("MEDLEARN_CACHE") or Path(pooch.os_cache("medlearn"))


def mirror() -> str | Path | None:
    """MEDLEARN_MIRROR: an address, a folder that is there, or None."""
    if os.environ.get("MEDLEARN_MIRROR", "").startswith(("http://", "https://")):
        return os.environ["MEDLEARN_MIRROR"].rstrip("/")
    folder = _folder_named_in("MEDLEARN_MIRROR")
    if folder and not folder.is_dir():
        raise FetchError(f"MEDLEARN_MIRROR names {folder}, and there is no such folder: mend it or unset it")
    return folder


def place(entry: Entry, file: File) -> Path:
    """Where `file` is in the cache, once it is there."""
    return cache_folder() / "full" / entry.name / file.name


def _folder_named_in(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser().absolute() if value else None


# Official files


def files_of(entry: Entry, parts: Sequence[str] = ()) -> list[File]:
    """The entry's files: those of some of its parts, or all."""
    known = {file.part for file in entry.files}
    for part in parts:
        if part not in known:
            there = f"its parts are {', '.join(sorted(known))}" if any(known) else "it does not come in parts"
            raise DataError(f"{entry.name} has no part {part!r}: {there}")
    return [file for file in entry.files if not parts or file.part in parts]


def fetch(entry: Entry, file: File) -> Path:
    """The path of an official file, checked: from the cache, else the mirror, else its source."""
    target = place(entry, file)
    # A digest is cheap and looked at every time; content was counted when the file came in.
    if target.is_file() and not (file.digest and fault(target, file)):
        return target
    with new_file(target) as part:
        _obtain(entry, file, part)
        if wrong := fault(part, file):
            raise FetchError(f"{file.name} is not what it should be and was not kept: {wrong}")
    return target


def fetch_all(entry: Entry, parts: Sequence[str] = ()) -> Path:
    """The folder that holds the entry's official files, checked."""
    for file in files_of(entry, parts):
        fetch(entry, file)
    return cache_folder() / "full" / entry.name


def add_to_mirror(entry: Entry, folder: Path) -> None:
    """Put the entry's files into `folder` as NAME/FILENAME, and their digests into its SHA256SUMS."""
    listing = folder / "SHA256SUMS"
    for file in entry.files:
        source, target = fetch(entry, file), folder / entry.name / file.name
        with new_file(target) as part:
            shutil.copyfile(source, part)
        known = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
        lines = [line for line in known if not line.endswith(f"  {entry.name}/{file.name}")]
        lines.append(f"{pooch.file_hash(target)}  {entry.name}/{file.name}")
        with new_file(listing) as part:
            part.write_text("\n".join(sorted(lines, key=lambda line: line[66:])) + "\n", encoding="utf-8")


def fault(path: Path, file: File) -> str | None:
    """What is wrong with the bytes at `path`, or None."""
    with path.open("rb") as stream:
        head = stream.read(512).lstrip().lower()
    if head.startswith((b"<!doctype", b"<html")):
        return "a web page came in its place; the network may ask you to log in first"
    if file.digest:
        kind, wanted = file.digest.split(":")
        found = pooch.file_hash(path, alg=kind)
        return None if found == wanted else f"its {kind} is {found}, but the official one is {wanted}"
    try:
        found = _content(path, file)
    except MedlearnError as error:
        return str(error)
    wrong = [
        f"{what} {found[what]:,} instead of {wanted:,}"
        for what, wanted in file.content
        if found[what] != wanted
    ]
    return "; ".join(wrong) or None


def _content(path: Path, file: File) -> dict[str, int]:
    """What `file.content` names, counted."""
    if file.name.endswith(".tar.gz"):
        return {"members": sum(1 for _ in safe_tar_members(path))}
    names = [name for name, _ in file.content]
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        return {name: len(rows) if name == "rows" else sum(int(row[name]) for row in rows) for name in names}
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"it does not hold the numbers of {' and '.join(names)} that it should") from error


def _obtain(entry: Entry, file: File, part: Path) -> None:
    """Fill `part` from the mirror, or where that lacks the file, from its source."""
    origin, lacks = mirror(), ""
    if origin is not None:
        name = f"{entry.name}/{file.name}"
        if isinstance(origin, Path):
            had = _copy(origin / name, part)
        else:
            had = _download(f"{origin}/{name}", part, file.name, may_lack=True)
        if had:
            return
        lacks = f"the mirror {origin} has no {name}, and "
    _download(file.url, part, file.name, lacks=lacks)


def _copy(source: Path, part: Path) -> bool:
    try:
        stream = source.open("rb")
    except FileNotFoundError:
        return False
    except OSError as error:
        raise FetchError(
            f"{source} cannot be read ({error.strerror}): ask whoever keeps the mirror"
        ) from error
    with stream, part.open("wb") as output:
        shutil.copyfileobj(stream, output, BLOCK)
    return True


# The network


def _download(url: str, part: Path, name: str, *, lacks: str = "", may_lack: bool = False) -> bool:
    """Bring `url` to `part`, going on where the connection broke. False: the server has no such file."""
    import requests

    host = urlsplit(url).netloc
    for _ in range(TRIES):
        try:
            _resume(url, part, name)
            return True
        except requests.HTTPError as error:
            status = error.response.status_code
            if status == 404 and may_lack:
                return False
            raise FetchError(
                f"{lacks}{host} answered {status} for {name} ({url}): try again later"
            ) from error
        except requests.RequestException as error:
            cause = error
            if not part.stat().st_size:
                break
    if got := part.stat().st_size:
        raise FetchError(
            f"{name} broke off {TRIES} times, the last time after {got:,} bytes, and was not kept: "
            f"the line to {host} is unsteady, try again"
        ) from cause
    raise FetchError(
        f"{lacks}{host} cannot be reached, so {name} cannot be had: check the network, "
        "or set MEDLEARN_MIRROR to a place that has it"
    ) from cause


def _resume(url: str, part: Path, name: str) -> None:
    """One request for what `part` does not have yet."""
    from tqdm import tqdm

    have = part.stat().st_size
    headers = {"Accept-Encoding": "identity", "User-Agent": "medlearn"}
    if have:
        headers["Range"] = f"bytes={have}-"

    def start_over_if_whole(response, **_):
        if response.status_code == 200:  # the server does not know how to go on
            output.truncate(0)

    # pooch sets the bar's total when it knows it.
    with part.open("ab") as output, tqdm(total=1, desc=name, unit="B", unit_scale=True, leave=False) as bar:
        download = pooch.HTTPDownloader(
            progressbar=bar,
            chunk_size=1 << 16,
            headers=headers,
            hooks={"response": start_over_if_whole},
            timeout=30,
        )
        download(url, output, None)


# Files made whole or not at all


@contextlib.contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """An empty file beside `target` to write to; it takes `target`'s place if nothing fails, else it goes."""
    with explained(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        part = _beside(target)
        try:
            part.touch(exist_ok=False)
            yield part
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """The same for a folder; where another process was faster, its folder stays."""
    with explained(target.parent):
        part = _beside(target)
        try:
            part.mkdir(parents=True)
            yield part
            try:
                os.rename(part, target)
            except OSError:
                if not target.is_dir():
                    raise
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")


@contextlib.contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Say what a full disk or a folder that cannot be written to means here."""
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


# Simulated files


def simulated(entry: Entry, seed: int = 0) -> Path:
    """A folder of simulated files under their official names, made once for each seed and version."""
    write = _simulator(entry)
    version = importlib.import_module(write.__module__).VERSION
    folder = f"{entry.name}-seed{seed}-v{version}"
    target = cache_folder() / "small" / folder
    if target.is_dir():
        return target
    try:
        with new_folder(target) as part:
            simulate(entry, part, seed=seed)
    except FetchError:  # a cache that cannot be written to is no reason to refuse what is made on the spot
        target = Path(_scratch().name) / folder
        if not target.is_dir():
            with new_folder(target) as part:
                simulate(entry, part, seed=seed)
    return target


def simulate(entry: Entry, folder: Path, *, seed: int = 0) -> None:
    """Write the entry's simulated files to `folder`, with a note that they are simulated."""
    options = {"pixels": entry.pixels} if entry.pixels else {}
    (folder / MARKER).write_text(
        f"{entry.name}: simulated by {entry.simulator}, seed {seed}. Nobody's data.\n"
    )
    _simulator(entry)(folder, seed=seed, **options)


def is_simulated(path: Path) -> bool:
    """Whether a simulator wrote this file, or the files of this folder."""
    return ((path if path.is_dir() else path.parent) / MARKER).exists()


def imported(reference: str):
    """The function that "module:function" names.

    >>> imported("math:sqrt")(9)
    3.0
    """
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)


def _simulator(entry: Entry):
    if not entry.simulator:
        raise DataError(
            f"{entry.name} has no simulator yet, so there is no small version: "
            "set MEDLEARN_DATA=full for the real one, or load another data set"
        )
    return imported(entry.simulator)


@functools.cache
def _scratch() -> tempfile.TemporaryDirectory:
    """A folder for this process only, gone when it ends."""
    return tempfile.TemporaryDirectory(prefix="medlearn-")


# Archives


def safe_tar_members(path: Path, *, limit: int = 100) -> Iterator[tuple[str, bytes]]:
    """Name and content of each file in a `.tar.gz`, in order, without writing anything to disk.

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
