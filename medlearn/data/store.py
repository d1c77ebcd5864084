"""Where files come from and where they stay: cache, mirror, source, simulator.

A file is looked for in the cache, then in the mirror, then at its source. It is made and checked beside its
place and moved there whole: nobody ever sees half a file, and two processes at once do no harm. What is in a
file is for the readers to know.

    MEDLEARN_CACHE    the cache's folder, where the usual one of this system will not do
    MEDLEARN_MIRROR   a folder or an address with NAME/FILENAME in it, as `medlearn data mirror` writes it
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit

import pooch

from medlearn.data.entry import Entry, File, import_name
from medlearn.data.files import (
    BLOCK,
    MARKER,
    alone,
    explained,
    is_simulated,
    kind_of,
    new_file,
    new_folder,
    opened,
    path_of,
    safe_tar_members,
    safe_zip_members,
)
from medlearn.errors import DataError, FetchError, MedlearnError

LISTING = "SHA256SUMS"  # of a mirror, and of simulated files
TRIES = 3  # one after the other that bring nothing new
STEP = 1 << 14  # bytes that are written at once, and that count as something new
MOST_BYTES = 4 << 30  # of a file whose size the catalogue does not know


class Found(NamedTuple):
    """Where a data set was found.

    Parameters
    ----------
    place : the folder with its official files, or the file or folder that the user named; None where it comes
        with a library.
    phrase : where it comes from, in a few words.
    simulated : whether a simulator made it.
    """

    place: Path | None
    phrase: str
    simulated: bool


def obtain(
    entry: Entry,
    *,
    file: str | Path | None = None,
    size: str | None = None,
    seed: int = 0,
    sets: Sequence[str] = (),
) -> Found:
    """Find, fetch or simulate the data of an `entry`: the one place that decides where they come from.

    Parameters
    ----------
    entry : the data set, its simulator's choices made.
    file : a file or folder of the user's own, taken as it is.
    size : "small", "full" or a folder with NAME/FILES; see `mode`.
    seed : draws the stand-in.
    sets : those that are needed, where it comes in several.
    """
    size = mode(size)
    entry.files_of(sets)  # refuses a set that does not exist
    if entry.bundled:
        if file is not None:
            raise DataError(f"{entry.name} comes with scikit-learn and is not read from a file")
        return Found(None, "with scikit-learn", False)
    laid = size not in ("small", "full") and kind_of(path_of(Path(size, entry.name)))
    if file is None and (size == "small" or not (entry.files or laid)):  # no real ones: drawn in every mode
        chosen = [f"{name} by {value}" for name, value in entry.unusual.items()]
        return Found(simulated(entry, seed), ", ".join([f"seed {seed}", *chosen]), True)
    for name in entry.unusual:
        raise DataError(
            f"{entry.name}: {name} is chosen where data are simulated: with size='small' and no file"
        )
    if file is None and size == "full":
        return Found(fetch_all(entry, sets), entry.title, False)
    place = path_of(Path(size, entry.name) if file is None else file)
    if not kind_of(place):
        raise DataError(f"{entry.name} cannot be read from {place}: there is no such file or folder")
    return Found(place, str(place), is_simulated(place))


def mode(size: str | None = None) -> str:
    """ "small", "full" or a folder: `size`, else MEDLEARN_DATA, else "small"; anything else is refused."""
    size = size or os.environ.get("MEDLEARN_DATA") or "small"
    if size not in ("small", "full") and kind_of(path_of(size)) != "folder":
        raise DataError(
            f"MEDLEARN_DATA, or size, must be 'small', 'full' or the full path of a folder, not {size!r}"
        )
    return size


# Places


def cache_folder() -> Path:
    """Where files stay. Nothing is made until something is kept."""
    if folder := _folder_named_in("MEDLEARN_CACHE"):
        return folder
    with contextlib.suppress(RuntimeError, OSError):
        folder = Path(pooch.os_cache("medlearn"))
    if folder is None or not folder.is_absolute():
        raise FetchError("this user has no home folder to keep files in: let MEDLEARN_CACHE name a folder")
    return folder


def mirror() -> str | Path | None:
    """MEDLEARN_MIRROR: an address, a folder that is there, or None."""
    address = os.environ.get("MEDLEARN_MIRROR", "").rstrip("/")
    if address.startswith(("http:", "https:")):
        if not _host(address):
            raise FetchError(f"MEDLEARN_MIRROR, {_shown(address)}, is no address: mend it or unset it")
        return address
    folder = _folder_named_in("MEDLEARN_MIRROR")
    if folder and _kind_of(folder) != "folder":
        raise FetchError(f"MEDLEARN_MIRROR names {folder}, and there is no such folder: mend it or unset it")
    return folder


def place(entry: Entry, file: File) -> Path:
    """Where a `file` of an `entry` is in the cache, once it is there."""
    return cache_folder() / "full" / entry.name / file.name


def _folder_named_in(variable: str) -> Path | None:
    value = os.environ.get(variable)
    try:
        return path_of(value).absolute() if value else None
    except (DataError, OSError) as error:  # no home; no folder that one is in
        raise FetchError(f"{variable} cannot be followed: {error}") from error


def _kind_of(path: Path) -> str:
    """What `kind_of` says, for a place that is the store's own and not the user's data."""
    try:
        return kind_of(path)
    except DataError as error:
        raise FetchError(f"{error} (MEDLEARN_CACHE and MEDLEARN_MIRROR name the folders in use)") from error


# Official files


def fetch(entry: Entry, file: File) -> Path:
    """The path of a `file` of an `entry`, checked: from the cache, else the mirror, else its source."""
    target = place(entry, file)
    if _kind_of(target) == "file":
        wrong = _damage(target, file)
        if not wrong:
            return target
        print(f"! {target} is damaged and is got again: {wrong}")
    with new_file(target) as draft:
        _bring(entry, file, draft)
        if wrong := fault(draft, file):
            raise FetchError(f"{file.name} is not what it should be and was not kept: {wrong}")
    _note_digest(target, file)
    return target


def _damage(target: Path, file: File) -> str | None:
    """What is wrong with a `file` in the cache: by a digest, since that is cheap; None if nothing is."""
    if file.digest:
        return fault(target, file)
    try:
        noted = _noted(target).read_text(encoding="ascii")
    except (OSError, ValueError):  # a file from elsewhere: it is counted, once
        wrong = fault(target, file)
        if not wrong:
            _note_digest(target, file)
        return wrong
    return None if noted == _sha256(target) else "it is no longer as it came"


def _noted(target: Path) -> Path:
    return target.with_name(f".{target.name}.sha256")


def _note_digest(target: Path, file: File) -> None:
    """Note the digest of a `file` that none is known for: a change is seen without counting all of it."""
    if not file.digest:
        with contextlib.suppress(OSError), new_file(_noted(target)) as draft:
            draft.write_text(_sha256(target), encoding="ascii")


def _sha256(path: Path) -> str:
    with opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch_all(entry: Entry, sets: Sequence[str] = ()) -> Path:
    """The folder with the official files of an `entry`, or those of some of its `sets`, all checked."""
    if not entry.files:
        raise FetchError(
            f"{entry.name} has no official files to fetch: load it with size='small', "
            "or give your own as file="
        )
    for file in entry.files_of(sets):
        fetch(entry, file)
    return cache_folder() / "full" / entry.name


def add_to_mirror(entry: Entry, folder: Path) -> None:
    """Put the files of an `entry` into `folder` as NAME/FILENAME, and their digests into its SHA256SUMS."""
    listing = folder / LISTING
    for file in entry.files:
        source, target = fetch(entry, file), folder / entry.name / file.name
        with new_file(target) as draft:
            shutil.copyfile(source, draft)
        name = f"{entry.name}/{file.name}"
        with alone(listing):  # others may add theirs
            lines = [line for line in _lines_of(listing) if not line.endswith(f"  {name}")]
            lines = sorted([*lines, f"{_sha256(target)}  {name}"], key=lambda line: line[66:])
            with new_file(listing) as draft:
                draft.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _lines_of(listing: Path) -> list[str]:
    """The lines of a list of digests, none if it is not there."""
    try:
        if not kind_of(listing):
            return []
        with opened(listing) as stream:
            return stream.read().decode("utf-8").splitlines()
    except (DataError, UnicodeDecodeError) as error:
        raise FetchError(f"{listing} is no list of digests ({error}): remove it") from error


def fault(path: Path, file: File) -> str | None:
    """What is wrong with the bytes at `path`, by what is known of `file`; None if nothing is."""
    try:
        with opened(path) as stream:
            head = stream.read(512).lstrip().lower()
            if head.startswith((b"<!doctype", b"<html")):
                return "a web page came in its place; the network may ask you to log in first"
            if file.digest:
                stream.seek(0)
                kind, wanted = file.digest.split()[0].split(":")
                found = hashlib.file_digest(stream, kind).hexdigest()
                fits = f"{kind}:{found}" in file.digest.split()
                return None if fits else f"its {kind} is {found}, but the official one is {wanted}"
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
    if file.name.endswith(".zip"):
        names = [name for name, _ in safe_zip_members(path)]
        return {part: sum(part in name for name in names) for part, _ in file.content}
    from medlearn.data.csvfile import Table  # and NumPy, which a listing does without

    table = Table.read(path, otherwise=file.encoding)
    wanted = [name for name, _ in file.content if name != "rows"]
    table.require(*wanted)
    return {"rows": len(table.rows)} | {name: int(table.numbers(name).sum()) for name in wanted}


def _bring(entry: Entry, file: File, draft: Path) -> None:
    """Fill `draft` from the mirror, or where that lacks the file, from its source."""
    origin, lacks = mirror(), ""
    if origin is not None:
        name = f"{entry.name}/{file.name}"
        if isinstance(origin, Path):
            had = _copy(origin / name, draft)
        else:
            had = _download(f"{origin}/{name}", draft, file, may_lack=True)
        if had:
            return
        lacks = f"the mirror {_shown(str(origin))} has no {name}, and "
    _download(file.url, draft, file, lacks=lacks)


def _copy(source: Path, draft: Path) -> bool:
    try:
        if not kind_of(source):
            return False
        stream = source.open("rb")
    except (DataError, OSError) as error:
        fault = f"{source} cannot be read ({getattr(error, 'strerror', None) or error})"
        raise FetchError(f"{fault}: ask whoever keeps the mirror") from error
    with stream, draft.open("wb") as output:
        shutil.copyfileobj(stream, output, BLOCK)
    return True


# The network


def _download(url: str, draft: Path, file: File, *, lacks: str = "", may_lack: bool = False) -> bool:
    """Bring `url` to `draft`, going on where the connection broke. False: the server has no such file."""
    from http.client import HTTPException

    import requests
    from urllib3.exceptions import HTTPError

    host, name = _host(url), file.name
    got = tries = idle = 0
    while idle < TRIES:
        tries += 1
        try:
            _resume(url, draft, file)
            return True
        except requests.HTTPError as error:
            status = error.response.status_code
            if status == 404 and may_lack:
                return False
            raise FetchError(
                f"{lacks}{host} answered {status} for {name} ({_shown(url)}): try again later"
            ) from None
        except requests.exceptions.SSLError as error:
            if "certificate" in str(error).lower():
                raise FetchError(
                    f"{lacks}the certificate of {host} is not trusted here, so {name} was not taken from it: "
                    "look at this machine's clock, or ask whoever runs the network"
                ) from None
            cause = error
        except MedlearnError:
            raise
        except (ValueError, requests.TooManyRedirects, HTTPException, HTTPError) as error:
            # headers and addresses that are none
            raise FetchError(
                f"{lacks}{host} gave an answer that makes no sense for {name} ({_shown(str(error))}): "
                "try again later, or set MEDLEARN_MIRROR to another place that has it"
            ) from None
        except requests.RequestException as error:
            cause = error
        except OSError as error:
            if error.errno is not None:  # the disk's: for `explained`
                raise
            raise FetchError(f"{name} cannot be had from {host}: {_shown(str(error))}") from None
        size = draft.stat().st_size
        if not size:
            break
        idle = 1 if size >= got + STEP else idle + 1
        got = max(got, size)
    if got:
        raise FetchError(
            f"{name} broke off {tries} times, the last time after {size:,} bytes, and was not kept: "
            f"the line to {host} is unsteady, try again"
        ) from cause
    raise FetchError(
        f"{lacks}{host} cannot be reached, so {name} cannot be had: check the network, "
        "or set MEDLEARN_MIRROR to a place that has it"
    ) from cause


def _resume(url: str, draft: Path, file: File) -> None:
    """One request for what `draft` does not have yet."""
    from tqdm import tqdm

    have = draft.stat().st_size
    headers = {"Accept-Encoding": "identity", "User-Agent": "medlearn"}
    if have:
        headers["Range"] = f"bytes={have}-"

    def look_at(response, **_):
        if not response.ok or response.is_redirect:
            return
        packing = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packing not in ("", "identity"):  # nobody knows to how much it would unpack
            raise FetchError(
                f"{_host(url)} sent {file.name} packed as {packing[:40]!r}, which was not asked for: "
                "try again later, or set MEDLEARN_MIRROR to another place that has it"
            )
        if response.status_code == 200:  # the server does not know how to go on
            output.start_over()

    # pooch sets the bar's total when it knows it.
    with (
        draft.open("ab") as stream,
        tqdm(total=1, desc=file.name, unit="B", unit_scale=True, leave=False) as bar,
    ):
        output = _BoundedFile(stream, file, _host(url))
        download = pooch.HTTPDownloader(
            progressbar=bar, chunk_size=STEP, headers=headers, hooks={"response": look_at}, timeout=30
        )
        download(url, output, None)


class _BoundedFile:
    """A draft that takes no more bytes than a `file` of this size can have."""

    def __init__(self, stream: BinaryIO, file: File, host: str):
        self.stream, self.name, self.host = stream, file.name, host
        self.most = MOST_BYTES if file.size is None else 2 * file.size + (1 << 20)  # sizes are rounded
        self.flush = stream.flush

    def start_over(self) -> None:
        self.stream.truncate(0)

    def write(self, block: bytes) -> None:
        if self.stream.tell() + len(block) > self.most:
            raise FetchError(
                f"{self.host} sends more than {self.most:,} bytes for {self.name}, far more than it has, so "
                "nothing was kept: try again later, or set MEDLEARN_MIRROR to another place that has it"
            )
        self.stream.write(block)


def _host(url: str) -> str:
    """The machine that an address names, without name and password; "" if it names none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.hostname}{port}" if parts.hostname else ""
    except ValueError:
        return ""


def _shown(text: str) -> str:
    """The same without the names and passwords of addresses.

    >>> _shown("no answer from http://me:secret@mirror/data")
    'no answer from http://mirror/data'
    """
    return re.sub(r"//\S*@", "//", text)


# Simulated files


def simulated(entry: Entry, seed: int = 0) -> Path:
    """A folder with the simulated files of an `entry`, made once for each `seed`, choice and version."""
    write = _simulator(entry)
    version = importlib.import_module(write.__module__).VERSION
    chosen = "".join(f"-{name}-{value}" for name, value in entry.unusual.items())
    folder = f"{entry.name}-seed{seed}{chosen}-v{version}"
    try:
        return _stand_in(entry, cache_folder() / "small" / folder, seed)
    except FetchError:  # a cache that cannot be written to is no reason to refuse what is made on the spot
        return _stand_in(entry, Path(_scratch().name) / folder, seed)


def _stand_in(entry: Entry, target: Path, seed: int) -> Path:
    """The simulated files in `target`, made if they are not there, and anew if they are not as they were."""
    if _kind_of(target) == "folder":
        if _is_whole(target):
            return target
        print(f"! {target} is damaged and is made anew")
        with explained(target):
            shutil.rmtree(target)
    with new_folder(target) as draft:
        simulate(entry, draft, seed=seed)
        lines = [f"{_sha256(path)}  {path.name}" for path in sorted(draft.iterdir()) if path.is_file()]
        (draft / LISTING).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def _is_whole(folder: Path) -> bool:
    """Whether each file of a simulated `folder` is as it was made."""
    try:
        lines = (folder / LISTING).read_text(encoding="utf-8").splitlines()
        return bool(lines) and all(_sha256(folder / line[66:]) == line[:64] for line in lines)
    except (DataError, OSError, UnicodeDecodeError):
        return False


def simulate(entry: Entry, folder: Path, *, seed: int = 0) -> None:
    """Write the simulated files of an `entry` to `folder`, drawn by `seed`, and that they are simulated."""
    chosen = "".join(f", {name} by {value}" for name, value in entry.unusual.items())
    (folder / MARKER).write_text(
        f"{entry.name}: simulated by {entry.simulator}, seed {seed}{chosen}. Nobody's data.\n"
    )
    _simulator(entry)(folder, seed=seed, **entry.simulator_options)


def _simulator(entry: Entry) -> Callable:
    if not entry.simulator:
        raise DataError(
            f"{entry.name} has no simulator yet, so there is no small version: "
            "set MEDLEARN_DATA=full for the real one, or load another data set"
        )
    return import_name(entry.simulator)


@functools.cache
def _scratch() -> tempfile.TemporaryDirectory:
    """A folder for this process only, gone when it ends."""
    with explained(Path(os.environ.get("TMPDIR", "the folder for temporary files"))):
        return tempfile.TemporaryDirectory(prefix="medlearn-")
