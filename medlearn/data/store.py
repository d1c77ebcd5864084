"""Where files come from and where they stay: cache, mirror, source, simulator.

A file is looked for in the cache, then in the mirror, then at its source. It is made and checked beside its
place and moved there whole: nobody ever sees half a file, and two processes at once do no harm. What is in a
file is for the readers to know.

    MEDLEARN_CACHE    the cache's folder, where the usual one of this system will not do
    MEDLEARN_MIRROR   a folder or an address with NAME/FILENAME in it, as `medlearn data mirror` writes it
"""

from __future__ import annotations

import functools
import importlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pooch

from medlearn.data.entry import Entry, File, import_name
from medlearn.data.files import BLOCK, MARKER, is_simulated, new_file, new_folder, safe_tar_members
from medlearn.errors import DataError, FetchError, MedlearnError

TRIES = 3


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
    entry : the data set.
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
    if file is None and size == "small":
        return Found(simulated(entry, seed), f"seed {seed}", True)
    if file is None and size == "full":
        return Found(fetch_all(entry, sets), entry.title, False)
    place = (Path(size, entry.name) if file is None else Path(file)).expanduser()
    if not place.exists():
        raise DataError(f"{entry.name} cannot be read from {place}: there is no such file or folder")
    return Found(place, str(place), is_simulated(place))


def mode(size: str | None = None) -> str:
    """ "small", "full" or a folder: `size`, else MEDLEARN_DATA, else "small"; anything else is refused."""
    size = size or os.environ.get("MEDLEARN_DATA") or "small"
    if size not in ("small", "full") and not Path(size).expanduser().is_dir():
        raise DataError(
            f"MEDLEARN_DATA, or size, must be 'small', 'full' or the full path of a folder, not {size!r}"
        )
    return size


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
    """Where a `file` of an `entry` is in the cache, once it is there."""
    return cache_folder() / "full" / entry.name / file.name


def _folder_named_in(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).expanduser().absolute() if value else None


# Official files


def fetch(entry: Entry, file: File) -> Path:
    """The path of a `file` of an `entry`, checked: from the cache, else the mirror, else its source."""
    target = place(entry, file)
    # A digest is cheap and looked at every time; content was counted when the file came in.
    if target.is_file() and not (file.digest and fault(target, file)):
        return target
    with new_file(target) as draft:
        _bring(entry, file, draft)
        if wrong := fault(draft, file):
            raise FetchError(f"{file.name} is not what it should be and was not kept: {wrong}")
    return target


def fetch_all(entry: Entry, sets: Sequence[str] = ()) -> Path:
    """The folder with the official files of an `entry`, or those of some of its `sets`, all checked."""
    for file in entry.files_of(sets):
        fetch(entry, file)
    return cache_folder() / "full" / entry.name


def add_to_mirror(entry: Entry, folder: Path) -> None:
    """Put the files of an `entry` into `folder` as NAME/FILENAME, and their digests into its SHA256SUMS."""
    listing = folder / "SHA256SUMS"
    for file in entry.files:
        source, target = fetch(entry, file), folder / entry.name / file.name
        with new_file(target) as draft:
            shutil.copyfile(source, draft)
        known = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
        lines = [line for line in known if not line.endswith(f"  {entry.name}/{file.name}")]
        lines.append(f"{pooch.file_hash(target)}  {entry.name}/{file.name}")
        with new_file(listing) as draft:
            draft.write_text("\n".join(sorted(lines, key=lambda line: line[66:])) + "\n", encoding="utf-8")


def fault(path: Path, file: File) -> str | None:
    """What is wrong with the bytes at `path`, by what is known of `file`; None if nothing is."""
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
    from medlearn.data.csvfile import Table  # and NumPy, which a listing does without

    table = Table.read(path)
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
            had = _download(f"{origin}/{name}", draft, file.name, may_lack=True)
        if had:
            return
        lacks = f"the mirror {origin} has no {name}, and "
    _download(file.url, draft, file.name, lacks=lacks)


def _copy(source: Path, draft: Path) -> bool:
    try:
        stream = source.open("rb")
    except FileNotFoundError:
        return False
    except OSError as error:
        raise FetchError(
            f"{source} cannot be read ({error.strerror}): ask whoever keeps the mirror"
        ) from error
    with stream, draft.open("wb") as output:
        shutil.copyfileobj(stream, output, BLOCK)
    return True


# The network


def _download(url: str, draft: Path, name: str, *, lacks: str = "", may_lack: bool = False) -> bool:
    """Bring `url` to `draft`, going on where the connection broke. False: the server has no such file."""
    import requests

    host = urlsplit(url).netloc
    for _ in range(TRIES):
        try:
            _resume(url, draft, name)
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
            if not draft.stat().st_size:
                break
    if got := draft.stat().st_size:
        raise FetchError(
            f"{name} broke off {TRIES} times, the last time after {got:,} bytes, and was not kept: "
            f"the line to {host} is unsteady, try again"
        ) from cause
    raise FetchError(
        f"{lacks}{host} cannot be reached, so {name} cannot be had: check the network, "
        "or set MEDLEARN_MIRROR to a place that has it"
    ) from cause


def _resume(url: str, draft: Path, name: str) -> None:
    """One request for what `draft` does not have yet."""
    from tqdm import tqdm

    have = draft.stat().st_size
    headers = {"Accept-Encoding": "identity", "User-Agent": "medlearn"}
    if have:
        headers["Range"] = f"bytes={have}-"

    def start_over_if_whole(response, **_):
        if response.status_code == 200:  # the server does not know how to go on
            output.truncate(0)

    # pooch sets the bar's total when it knows it.
    with draft.open("ab") as output, tqdm(total=1, desc=name, unit="B", unit_scale=True, leave=False) as bar:
        download = pooch.HTTPDownloader(
            progressbar=bar,
            chunk_size=1 << 16,
            headers=headers,
            hooks={"response": start_over_if_whole},
            timeout=30,
        )
        download(url, output, None)


# Simulated files


def simulated(entry: Entry, seed: int = 0) -> Path:
    """A folder with the simulated files of an `entry`, made once for each `seed` and version."""
    write = _simulator(entry)
    version = importlib.import_module(write.__module__).VERSION
    folder = f"{entry.name}-seed{seed}-v{version}"
    target = cache_folder() / "small" / folder
    if target.is_dir():
        return target
    try:
        with new_folder(target) as draft:
            simulate(entry, draft, seed=seed)
    except FetchError:  # a cache that cannot be written to is no reason to refuse what is made on the spot
        target = Path(_scratch().name) / folder
        if not target.is_dir():
            with new_folder(target) as draft:
                simulate(entry, draft, seed=seed)
    return target


def simulate(entry: Entry, folder: Path, *, seed: int = 0) -> None:
    """Write the simulated files of an `entry` to `folder`, drawn by `seed`, and that they are simulated."""
    (folder / MARKER).write_text(
        f"{entry.name}: simulated by {entry.simulator}, seed {seed}. Nobody's data.\n"
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
    return tempfile.TemporaryDirectory(prefix="medlearn-")
