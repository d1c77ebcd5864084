"""The store: every way in which getting a file can fail, and that nothing is ever half there."""

import contextlib
import errno
import gzip
import hashlib
import http.server
import os
import re
import subprocess
import sys
import tarfile
import threading
import types
from dataclasses import replace
from pathlib import Path

import pytest

from medlearn.data import files, store
from medlearn.data.catalogue import find
from medlearn.data.entry import Entry, File
from medlearn.errors import DataError, FetchError

CONTENT = bytes(range(256)) * 2000  # 512,000 bytes, unlike at every offset within a block


# A server that misbehaves on demand


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers, self.seen = {}, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, self.headers.get("Range")))
        answer = self.server.answers.get(self.path)
        answer(self) if answer else self.send_error(404)

    def log_message(self, *_):
        pass

    def give(self, body, *, status=200, length=None, kind="application/octet-stream", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def whole(handler):
    handler.give(CONTENT)


def half(handler):
    handler.give(CONTENT[: len(CONTENT) // 2], length=len(CONTENT))


def page(handler):
    handler.give(b"\n<!DOCTYPE html><title>Log in to the library</title>", kind="text/html")


def half_then_the_rest(handler):
    start = (handler.headers.get("Range") or "bytes=0-")[6:-1]
    if start == "0":
        half(handler)
    else:
        handler.give(CONTENT[int(start) :], status=206)


def half_then_all_again(handler):
    whole(handler) if handler.headers.get("Range") else half(handler)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def entry_for(url, *, content=CONTENT, **changes) -> Entry:
    digest = f"md5:{hashlib.md5(content).hexdigest()}"
    return replace(find("breast"), files=(File("toy.npz", f"{url}/toy.npz", digest),), **changes)


def fetch(entry):
    return store.fetch(entry, entry.files[0])


def left_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


# Getting a file


def test_a_file_is_got_once_and_then_found_in_the_cache(server, cache):
    server.answers["/toy.npz"] = whole
    entry = entry_for(server.url)
    path = fetch(entry)
    assert path == cache / "full" / "breast" / "toy.npz"
    assert path.read_bytes() == CONTENT
    assert fetch(entry) == path
    assert len(server.seen) == 1
    assert left_in(cache) == [path]


@pytest.mark.parametrize("answer", [half_then_the_rest, half_then_all_again])
def test_a_broken_download_goes_on_or_starts_over(server, answer):
    server.answers["/toy.npz"] = answer
    assert fetch(entry_for(server.url)).read_bytes() == CONTENT
    first, second = [asked for _, asked in server.seen]
    assert first is None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= len(CONTENT) // 2


def test_going_on_survives_a_redirect(server):
    server.answers["/toy.npz"] = lambda handler: handler.give(b"", status=302, Location="/elsewhere.npz")
    server.answers["/elsewhere.npz"] = half_then_the_rest
    assert fetch(entry_for(server.url)).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (page, "a web page came in its place"),
        (half, r"broke off 3 times, the last time after [0-9,]+ bytes"),
        (lambda handler: handler.give(b"", status=200), "its md5 is"),
        (lambda handler: handler.send_error(404), "answered 404"),
        (lambda handler: handler.send_error(503), "answered 503"),
        (lambda handler: handler.connection.close(), "cannot be reached"),
    ],
    ids=["page", "half", "empty", "missing", "busy", "hangs up"],
)
def test_what_a_server_can_do_wrong_is_said_and_nothing_is_kept(server, cache, answer, said):
    server.answers["/toy.npz"] = answer
    with pytest.raises(FetchError, match=said) as error:
        fetch(entry_for(server.url))
    assert "toy.npz" in str(error.value)
    assert left_in(cache) == []


def test_a_wrong_digest_is_refused_with_both_digests(server, cache):
    server.answers["/toy.npz"] = whole
    entry = entry_for(server.url, content=b"what the publisher wrote")
    with pytest.raises(FetchError) as error:
        fetch(entry)
    assert hashlib.md5(CONTENT).hexdigest() in str(error.value)
    assert hashlib.md5(b"what the publisher wrote").hexdigest() in str(error.value)
    assert left_in(cache) == []


def test_without_a_network_the_sentence_says_what_to_do(cache):
    with pytest.raises(FetchError, match=r"zenodo\.org cannot be reached.*MEDLEARN_MIRROR"):
        fetch(find("breast"))
    assert left_in(cache) == []


def test_a_file_that_was_damaged_in_the_cache_is_got_again(server, cache):
    server.answers["/toy.npz"] = whole
    entry = entry_for(server.url)
    fetch(entry).write_bytes(CONTENT[:-1] + b"!")
    assert fetch(entry).read_bytes() == CONTENT
    assert len(server.seen) == 2


def test_two_processes_at_once_both_end_with_the_whole_file(server, cache):
    """The second asks while the first is half way; the first cannot finish before."""
    both_are_here = threading.Barrier(2, timeout=60)

    def meet(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(CONTENT)))
        handler.end_headers()
        handler.wfile.write(CONTENT[:1000])
        both_are_here.wait()
        handler.wfile.write(CONTENT[1000:])

    server.answers["/toy.npz"] = meet
    code = (
        "import sys; sys.path.insert(0, 'tests/data'); import test_store as t;"
        f"print(len(t.fetch(t.entry_for({server.url!r})).read_bytes()))"
    )
    command = [sys.executable, "-c", code]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    for racer in racers:
        out, err = racer.communicate(timeout=120)
        assert out.strip() == str(len(CONTENT)).encode(), err.decode()
    assert [path.read_bytes() == CONTENT for path in left_in(cache)] == [True]


def a_bit_more_each_time(handler):
    """An unsteady line: 70,000 bytes further each time."""
    start = int((handler.headers.get("Range") or "bytes=0-")[6:-1])
    handler.give(CONTENT[start : start + 70_000], length=len(CONTENT) - start, status=206 if start else 200)


def test_a_line_that_breaks_but_makes_progress_is_not_given_up(server):
    server.answers["/toy.npz"] = a_bit_more_each_time
    assert fetch(entry_for(server.url)).read_bytes() == CONTENT
    assert len(server.seen) == 8


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    with contextlib.suppress(OSError):  # whoever asked has gone
        while True:
            handler.wfile.write(CONTENT)


def packed(handler):
    body = gzip.compress(bytes(50 << 20))
    handler.give(body, **{"Content-Encoding": "gzip"})


def odd_length(handler):
    handler.give(CONTENT, length="abc")


def two_lengths(handler):
    handler.give(CONTENT, **{"Content-Length": str(len(CONTENT))})


def to(address):
    def redirect(handler):
        handler.give(b"", status=302, Location=address)

    return redirect


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (endless, "sends more than [0-9,]+ bytes for toy.npz"),
        (packed, "sent toy.npz packed as 'gzip'"),
        (odd_length, "makes no sense"),
        (two_lengths, "makes no sense"),
        (to("http://["), "makes no sense"),
        (to(f"http://{'a' * 70}.org/"), "makes no sense"),
        (to("http://\xff\xfe/"), "makes no sense|cannot be reached"),
        (to("ftp://127.0.0.1/"), "makes no sense"),
        (to("/toy.npz"), "makes no sense"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_an_odd_answer_is_a_sentence_and_leaves_nothing(server, cache, answer, said):
    server.answers["/toy.npz"] = answer
    entry = entry_for(server.url)
    entry = replace(entry, files=(replace(entry.files[0], size=len(CONTENT)),))
    with pytest.raises(FetchError, match=said) as error:
        fetch(entry)
    assert "\n" not in str(error.value)
    assert left_in(cache) == []


def test_a_certificate_that_is_not_trusted_is_called_that(monkeypatch):
    import requests

    def refuse(*_, **__):
        raise requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")

    monkeypatch.setattr(requests, "get", refuse)
    with pytest.raises(FetchError, match=r"the certificate of zenodo\.org is not trusted"):
        fetch(find("breast"))


# The mirror


@pytest.mark.parametrize(
    "address", ["http://[::1", "https://", "http://u:secret@:x/", "http://me:secret@[::1/d"]
)
def test_a_mirror_whose_address_is_none_is_a_sentence(monkeypatch, address):
    monkeypatch.setenv("MEDLEARN_MIRROR", address)
    with pytest.raises(FetchError, match="is no address") as error:
        fetch(find("breast"))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("password", ["secret", "se@cret", "se/cret"])
def test_the_password_of_a_mirror_is_never_shown(server, monkeypatch, password):
    monkeypatch.setenv("MEDLEARN_MIRROR", server.url.replace("//", f"//me:{password}@") + "/class")
    for answer in (lambda handler: handler.send_error(503), page, half, odd_length, to("http://["), None):
        server.answers["/class/breast/toy.npz"] = answer
        with pytest.raises(FetchError) as error:
            fetch(entry_for("http://127.0.0.1:1"))
        assert "cret" not in str(error.value)


@pytest.mark.parametrize("make", ["folder", "bytes"])
def test_a_list_of_digests_that_is_none_is_a_sentence(server, tmp_path, make):
    listing = tmp_path / "usb" / "SHA256SUMS"
    listing.parent.mkdir()
    if make == "folder":
        listing.mkdir()
    else:
        listing.write_bytes(b"\xff\xfe")
    server.answers["/toy.npz"] = whole
    with pytest.raises(FetchError, match="SHA256SUMS is no list of digests"):
        store.add_to_mirror(entry_for(server.url), listing.parent)


def test_mirrors_that_are_filled_at_once_lose_no_line(server, tmp_path, monkeypatch):
    """Each would read the list before the other writes it, if it could."""
    both_read, read = threading.Barrier(2), store._lines_of

    def read_together(listing):
        lines = read(listing)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_read.wait(1)
        return lines

    monkeypatch.setattr(store, "_lines_of", read_together)
    server.answers["/toy.npz"] = whole
    entries = [entry_for(server.url, name=name) for name in ("breast", "blood")]
    fillers = [threading.Thread(target=store.add_to_mirror, args=(one, tmp_path / "usb")) for one in entries]
    for filler in fillers:
        filler.start()
    for filler in fillers:
        filler.join()
    lines = (tmp_path / "usb" / "SHA256SUMS").read_text().splitlines()
    assert [line[66:] for line in lines] == ["blood/toy.npz", "breast/toy.npz"]
    assert not list((tmp_path / "usb").glob(".*"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_a_mirror_is_refused(mirror):
    os.mkfifo(mirror / "breast" / "toy.npz")
    with pytest.raises(FetchError, match=r"toy\.npz is a pipe or a device.*keeps the mirror"):
        fetch(entry_for("http://127.0.0.1:1"))


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    folder = tmp_path / "mirror"
    (folder / "breast").mkdir(parents=True)
    monkeypatch.setenv("MEDLEARN_MIRROR", str(folder))
    return folder


def test_a_mirror_comes_before_the_source(server, mirror):
    (mirror / "breast" / "toy.npz").write_bytes(CONTENT)
    assert fetch(entry_for(server.url)).read_bytes() == CONTENT
    assert server.seen == []


def test_a_mirror_can_be_an_address(server, monkeypatch):
    monkeypatch.setenv("MEDLEARN_MIRROR", f"{server.url}/class/")
    server.answers["/class/breast/toy.npz"] = whole
    assert fetch(entry_for("http://127.0.0.1:1")).read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["folder", "address"])
def test_what_a_mirror_lacks_comes_from_the_source(server, mirror, monkeypatch, kind):
    if kind == "address":
        monkeypatch.setenv("MEDLEARN_MIRROR", f"{server.url}/class")
    server.answers["/toy.npz"] = whole
    assert fetch(entry_for(server.url)).read_bytes() == CONTENT


def test_a_mirror_that_lacks_the_file_is_named_when_the_source_is_away_too(mirror, cache):
    with pytest.raises(
        FetchError, match=r"the mirror .*mirror has no breast/toy.npz, and .* cannot be reached"
    ):
        fetch(entry_for("http://127.0.0.1:1"))
    assert left_in(cache) == []


def test_a_mirror_is_believed_no_more_than_any_other(server, mirror, cache):
    (mirror / "breast" / "toy.npz").write_bytes(b"not the official bytes")
    server.answers["/toy.npz"] = whole
    with pytest.raises(FetchError, match="its md5 is"):
        fetch(entry_for(server.url))
    assert left_in(cache) == []


def test_a_mirror_that_is_not_there_is_an_error_not_a_detour(mirror, monkeypatch, server):
    monkeypatch.setenv("MEDLEARN_MIRROR", str(mirror / "nowhere"))
    server.answers["/toy.npz"] = whole
    with pytest.raises(FetchError, match="no such folder"):
        fetch(entry_for(server.url))


def test_a_mirror_file_that_cannot_be_read_is_named(mirror):
    (mirror / "breast" / "toy.npz").mkdir()
    with pytest.raises(FetchError, match=r"toy.npz cannot be read .*keeps the mirror"):
        fetch(entry_for("http://127.0.0.1:1"))


def test_what_was_added_to_a_mirror_serves_another_machine(server, tmp_path, monkeypatch):
    server.answers["/toy.npz"] = whole
    for _ in range(2):  # adding again changes nothing
        store.add_to_mirror(entry_for(server.url), tmp_path / "usb")
    listing = (tmp_path / "usb" / "SHA256SUMS").read_text()
    assert listing == f"{hashlib.sha256(CONTENT).hexdigest()}  breast/toy.npz\n"
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "other"))
    monkeypatch.setenv("MEDLEARN_MIRROR", str(tmp_path / "usb"))
    assert fetch(entry_for("http://127.0.0.1:1")).read_bytes() == CONTENT


# The disk


def test_a_full_disk_is_said_while_downloading(server, cache, monkeypatch):
    import pooch

    def fill(self, url, output, *_):
        output.write(CONTENT[:1000])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", fill)
    with pytest.raises(FetchError, match=r"is full.*MEDLEARN_CACHE"):
        fetch(entry_for(server.url))
    assert left_in(cache) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_said_while_copying_from_a_mirror(mirror, cache, monkeypatch):
    def onto_a_full_disk(source, target, length):
        with open("/dev/full", "wb") as full:
            full.write(source.read())

    (mirror / "breast" / "toy.npz").write_bytes(CONTENT)
    monkeypatch.setattr(store.shutil, "copyfileobj", onto_a_full_disk)
    with pytest.raises(FetchError, match="is full"):
        fetch(entry_for("http://127.0.0.1:1"))
    assert left_in(cache) == []


def test_a_cache_that_cannot_be_written_to_is_named(server, tmp_path, monkeypatch):
    (tmp_path / "occupied").write_text("a file where the folder should be")
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "occupied"))
    server.answers["/toy.npz"] = whole
    with pytest.raises(FetchError, match=r"nothing can be written to .*occupied.*MEDLEARN_CACHE"):
        fetch(entry_for(server.url))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_every_way_to_be_read_only_is_understood(server, cache, monkeypatch, number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(store.os, "replace", refuse)
    server.answers["/toy.npz"] = whole
    with pytest.raises(FetchError, match="nothing can be written to"):
        fetch(entry_for(server.url))
    assert left_in(cache) == []


# Whatever the system says of a path


def nowhere(tmp_path):
    return "/proc/nowhere" if os.name != "nt" else "Q:\\nowhere"


def loop(tmp_path):
    if not (tmp_path / "a").is_symlink():
        (tmp_path / "a").symlink_to(tmp_path / "b")
        (tmp_path / "b").symlink_to(tmp_path / "a")
    return str(tmp_path / "a")


def long_name(tmp_path):
    return str(tmp_path / ("x" * 300))


def below_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    return str(tmp_path / "file" / "cache")


def stranger(tmp_path):
    return "~nobodyhere/cache"


ODD_PLACES = [nowhere, loop, long_name, below_a_file, stranger]


@pytest.mark.parametrize("odd", ODD_PLACES)
def test_an_odd_cache_is_a_sentence_and_small_data_do_without(server, simulator, tmp_path, monkeypatch, odd):
    monkeypatch.setenv("MEDLEARN_CACHE", odd(tmp_path))
    server.answers["/toy.npz"] = whole
    with pytest.raises(FetchError, match="MEDLEARN_CACHE"):
        fetch(entry_for(server.url))
    assert (store.simulated(TOY, 0) / "toy.npz").read_text() == "0 64"


@pytest.mark.parametrize("odd", ODD_PLACES)
def test_an_odd_mirror_is_a_sentence(tmp_path, monkeypatch, odd):
    monkeypatch.setenv("MEDLEARN_MIRROR", odd(tmp_path))
    with pytest.raises(FetchError, match="MEDLEARN_MIRROR"):
        fetch(find("breast"))


@pytest.mark.parametrize("odd", ODD_PLACES)
def test_an_odd_place_of_ones_own_is_a_sentence(tmp_path, odd):
    with pytest.raises(DataError):
        store.obtain(find("breast"), file=odd(tmp_path))
    with pytest.raises(DataError):
        store.obtain(find("breast"), size=odd(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_as_ones_own_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="is a pipe or a device"):
        store.obtain(find("breast"), file=tmp_path / "pipe")


def no_home(project):
    raise RuntimeError("could not determine the home directory")


@pytest.mark.parametrize("os_cache", [no_home, lambda project: Path("~/.cache") / project])
def test_a_user_without_a_home_is_told_and_small_data_do_without(simulator, monkeypatch, os_cache):
    monkeypatch.delenv("MEDLEARN_CACHE")
    monkeypatch.setattr(store.pooch, "os_cache", os_cache)
    with pytest.raises(FetchError, match=r"no home folder.*MEDLEARN_CACHE"):
        store.cache_folder()
    assert (store.simulated(TOY, 0) / "toy.npz").exists()


@pytest.mark.parametrize(
    "number", [errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG, errno.EIO, errno.ESTALE]
)
def test_a_place_that_cannot_even_be_looked_at_is_named(cache, tmp_path, monkeypatch, number):
    """As a folder that is closed to this user, which root cannot make for itself."""

    def refuse(self, **_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.Path, "stat", refuse)
    with pytest.raises(FetchError, match=f"{re.escape(str(cache))}.*{os.strerror(number)}"):
        fetch(find("breast"))
    with pytest.raises(DataError, match=f"own.npz cannot be read: {os.strerror(number)}"):
        store.obtain(find("breast"), file=tmp_path / "own.npz")


def test_a_folder_where_the_file_belongs_is_named(server, cache):
    server.answers["/toy.npz"] = whole
    (cache / "full" / "breast" / "toy.npz").mkdir(parents=True)
    with pytest.raises(FetchError, match=r"toy\.npz is a folder, and a file belongs there"):
        fetch(entry_for(server.url))


# Files that no digest is known for


def official_file(name) -> File:
    return next(file for file in find("icu").files if file.name == name)


def challenge_file(name) -> File:
    return replace(official_file(name), digest="")


REAL_FILES = ["set-a.tar.gz", "Outcomes-a.txt", "set-b.tar.gz", "Outcomes-b.txt"]


@pytest.mark.parametrize("file_of", [official_file, challenge_file])
@pytest.mark.parametrize("name", REAL_FILES)
def test_the_real_files_pass_the_check_of_their_digest_and_of_their_content(real_data, name, file_of):
    assert store.fault(real_data / "physionet2012_icu" / name, file_of(name)) is None


def test_as_many_stays_and_deaths_are_not_yet_the_official_set(tmp_path):
    outcomes = tmp_path / "Outcomes-a.txt"
    rows = "".join(f"{stay},{int(stay < 554)}\n" for stay in range(4000))
    outcomes.write_text("RecordID,In-hospital_death\n" + rows)
    assert store.fault(outcomes, challenge_file("Outcomes-a.txt")) is None
    assert "its sha256 is" in store.fault(outcomes, official_file("Outcomes-a.txt"))


@pytest.fixture
def outcomes(server):
    """Outcomes that no digest is known for, at a server."""
    body = b"RecordID,In-hospital_death\n1,0\n2,1\n"
    server.answers["/Outcomes.txt"] = lambda handler: handler.give(body)
    content = (("rows", 2), ("In-hospital_death", 1))
    return replace(find("icu"), files=(File("Outcomes.txt", f"{server.url}/Outcomes.txt", content=content),))


@pytest.mark.parametrize("noted", [True, False])
def test_a_file_without_a_digest_that_was_damaged_in_the_cache_is_got_again(outcomes, capsys, noted):
    path = fetch(outcomes)
    whole_text = path.read_bytes()
    if noted:
        path.write_bytes(whole_text.replace(b"1,0", b"7,0"))  # as many rows and deaths, and yet another file
    else:
        store._noted(path).unlink()
        path.write_bytes(whole_text[:-4])
    assert fetch(outcomes).read_bytes() == whole_text
    said = capsys.readouterr().out
    assert f"{path} is damaged and is got again: " in said
    assert ("it is no longer as it came" if noted else "rows 1 instead of 2") in said


def test_a_file_without_a_digest_is_counted_once(outcomes, monkeypatch):
    store._noted(fetch(outcomes)).unlink()
    fetch(outcomes)
    monkeypatch.setattr(store, "_content", lambda *_: pytest.fail("counted again"))
    fetch(outcomes)


def test_the_outcomes_of_another_set_do_not_pass(real_data):
    wrong = store.fault(real_data / "physionet2012_icu" / "Outcomes-b.txt", challenge_file("Outcomes-a.txt"))
    assert wrong == "In-hospital_death 568 instead of 554"


def test_a_cut_archive_does_not_pass(tmp_path):
    with tarfile.open(tmp_path / "set-a.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("set-a/132539.txt"))
    wrong = store.fault(tmp_path / "set-a.tar.gz", challenge_file("set-a.tar.gz"))
    assert wrong == "members 1 instead of 4,000"


@pytest.mark.parametrize(
    "text", ["", "RecordID,SAPS-I\n1,2\n", "RecordID,In-hospital_death\n1,x\n1\n", "\0\0"]
)
def test_a_table_that_is_not_the_outcomes_does_not_pass(tmp_path, text):
    (tmp_path / "Outcomes-a.txt").write_text(text)
    assert store.fault(tmp_path / "Outcomes-a.txt", challenge_file("Outcomes-a.txt"))


def test_a_set_that_does_not_exist_is_refused():
    with pytest.raises(DataError, match="icu has no set 'd': its sets are a, b, c"):
        find("icu").files_of("ad")
    assert [file.name for file in find("icu").files_of("b")] == ["set-b.tar.gz", "Outcomes-b.txt"]


# Simulated files


@pytest.fixture
def simulator(monkeypatch):
    """A simulator that counts its runs, in a module of its own."""
    store._scratch.cache_clear()
    module = types.ModuleType("toy_simulator")
    module.VERSION, module.runs = 1, []

    def write_toy(folder, *, seed=0, pixels=28):
        module.runs.append(seed)
        (folder / "toy.npz").write_text(f"{seed} {pixels}")

    write_toy.__module__ = "toy_simulator"
    module.write_toy = write_toy
    monkeypatch.setitem(sys.modules, "toy_simulator", module)
    return module


TOY = entry_for("http://127.0.0.1:1", simulator="toy_simulator:write_toy", simulator_options={"pixels": 64})


def test_simulated_files_are_made_once_for_each_seed_and_version(simulator, cache):
    first = store.simulated(TOY, 3)
    assert first == cache / "small" / "breast-seed3-v1"
    assert (first / "toy.npz").read_text() == "3 64"
    assert store.simulated(TOY, 3) == first
    store.simulated(TOY, 4)
    simulator.VERSION = 2
    assert store.simulated(TOY, 3) != first
    assert simulator.runs == [3, 4, 3]


def test_simulated_files_say_so(simulator):
    folder = store.simulated(TOY, 0)
    assert files.is_simulated(folder) and files.is_simulated(folder / "toy.npz")
    assert "seed 0" in (folder / files.MARKER).read_text()


@pytest.mark.parametrize("harm", ["cut", "emptied", "file gone"])
def test_a_damaged_stand_in_is_made_anew_and_that_is_said(simulator, capsys, harm):
    folder = store.simulated(TOY, 0)
    if harm == "cut":
        (folder / "toy.npz").write_text("0")
    else:
        for path in [folder / "toy.npz"] if harm == "file gone" else list(folder.iterdir()):
            path.unlink()
    assert store.simulated(TOY, 0) == folder
    assert (folder / "toy.npz").read_text() == "0 64"
    assert f"{folder} is damaged and is made anew" in capsys.readouterr().out
    assert simulator.runs == [0, 0]


def test_a_simulator_that_fails_leaves_nothing(simulator, cache):
    def fail(folder, **_):
        (folder / "toy.npz").write_text("half")
        raise RuntimeError("in the middle")

    fail.__module__, simulator.write_toy = "toy_simulator", fail
    with pytest.raises(RuntimeError, match="in the middle"):
        store.simulated(TOY, 0)
    assert left_in(cache) == []


def test_another_process_that_was_faster_wins(simulator, cache):
    target = cache / "small" / "breast-seed0-v1"
    with files.new_folder(target) as slow:
        (slow / "toy.npz").write_text("slow")
        (store.simulated(TOY, 0) / "reading.txt").write_text("in use")
    assert (target / "toy.npz").read_text() == "0 64"
    assert (target / "reading.txt").exists()
    assert [path for path in target.parent.iterdir()] == [target]


def test_a_read_only_cache_does_not_stop_simulation(simulator, tmp_path, monkeypatch):
    (tmp_path / "occupied").write_text("a file where the folder should be")
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "occupied"))
    folder = store.simulated(TOY, 0)
    assert (folder / "toy.npz").read_text() == "0 64"
    assert store.simulated(TOY, 0) == folder
    assert simulator.runs == [0]


def test_a_set_without_a_simulator_says_what_to_do():
    with pytest.raises(DataError, match=r"no simulator yet.*MEDLEARN_DATA=full"):
        store.simulated(replace(TOY, simulator=""), 0)
