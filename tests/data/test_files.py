"""Archives: whatever is odd in one, it is refused in a sentence, and nothing is written."""

import contextlib
import gzip
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlearn.data import files
from medlearn.errors import DataError


def packed(members: dict[str, bytes | tarfile.TarInfo], **options) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz", **options) as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            body = content if isinstance(content, bytes) else b""
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return raw.getvalue()


def special(kind, link=""):
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, link
    return info


@pytest.fixture
def archive(tmp_path):
    def write(content: bytes):
        path = tmp_path / "set-x.tar.gz"
        path.write_bytes(content)
        return path

    return write


def test_members_come_in_order_and_nothing_is_written(archive, tmp_path):
    members = {"set-x/2.txt": b"two", "set-x/1.txt": b"", "set-x/sub/3.txt": b"three" * 9999}
    path = archive(packed({"set-x": special(tarfile.DIRTYPE)} | members))
    assert list(files.safe_tar_members(path)) == list(members.items())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name",
    ["../evil.txt", "set-x/../../evil.txt", "/etc/evil.txt", "C:\\evil.txt", "c:/evil", "..\\evil.txt", ".."],
)
def test_a_member_that_climbs_out_is_refused_by_name(archive, name):
    path = archive(packed({"set-x/1.txt": b"good", name: b"evil"}))
    with pytest.raises(DataError, match="climbs out") as error:
        list(files.safe_tar_members(path))
    assert "set-x.tar.gz" in str(error.value) and repr(name) in str(error.value)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_a_member_that_is_no_plain_file_is_refused(archive, kind):
    path = archive(packed({"set-x/1.txt": special(kind, link="/etc/passwd")}))
    with pytest.raises(DataError, match=r"'set-x/1\.txt' is no plain file"):
        list(files.safe_tar_members(path))


def test_a_member_with_holes_is_refused(archive):
    """A few bytes that claim to be a file of a terabyte."""
    holes = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(1 << 40), "GNU.sparse.name": "set-x/1.txt"}
    info = tarfile.TarInfo()
    info.pax_headers = holes
    path = archive(packed({"set-x/1.txt": info}, format=tarfile.PAX_FORMAT))
    with pytest.raises(DataError):
        list(files.safe_tar_members(path))


def bomb_in_a_member():
    return packed({"set-x/1.txt": bytes(12 << 20)})


def bomb_in_a_header():
    info = tarfile.TarInfo()
    info.pax_headers = {"comment": "0" * (12 << 20)}
    return packed({"set-x/1.txt": info}, format=tarfile.PAX_FORMAT)


def bomb_after_the_end():
    return packed({}) + gzip.compress(bytes(12 << 20))


@pytest.mark.parametrize("bomb", [bomb_in_a_member, bomb_in_a_header, bomb_after_the_end])
def test_an_archive_that_unpacks_to_a_thousand_times_its_size_is_refused(archive, bomb):
    path = archive(bomb())
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match="unpacks to more than 10 MB"):
        list(files.safe_tar_members(path))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda good: good[: len(good) // 2],
        lambda good: good[:-4],
        lambda good: good[:-8] + bytes(8),
        lambda good: b"",
        lambda good: b"<html>not an archive</html>",
        lambda good: gzip.compress(b"no tar in here" * 100),
    ],
    ids=["half", "end missing", "checksum", "empty", "page", "no tar"],
)
def test_a_damaged_archive_is_named(archive, spoil):
    path = archive(spoil(packed({f"set-x/{number}.txt": os.urandom(2000) for number in range(20)})))
    with pytest.raises(DataError, match=r"set-x\.tar\.gz"):
        list(files.safe_tar_members(path))


def test_an_archive_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"set-a\.tar\.gz cannot be read: No such file"):
        list(files.safe_tar_members(tmp_path / "set-a.tar.gz"))


@given(place=st.integers(0, 400), value=st.integers(0, 255))
def test_one_wrong_byte_gives_an_error_or_the_same_content(tmp_path_factory, place, value):
    members = {"set-x/1.txt": b"Time,Parameter,Value\n00:00,RecordID,1\n" * 20, "set-x/2.txt": b"x"}
    good = bytearray(packed(members))
    good[place % len(good)] = value
    path = tmp_path_factory.getbasetemp() / "one-byte.tar.gz"
    path.write_bytes(good)
    with contextlib.suppress(DataError):
        assert dict(files.safe_tar_members(path)) == members


def test_the_real_archive_gives_every_stay(real_data):
    members = dict(files.safe_tar_members(real_data / "physionet2012_icu" / "set-a.tar.gz"))
    assert len(members) == 4000
    assert members["set-a/132539.txt"].startswith(b"Time,Parameter,Value\n00:00,RecordID,132539\n")


# Drafts


KILLED = """
import os, sys, time
from pathlib import Path
from medlearn.data import files
with files.new_{kind}(Path({target!r})) as draft:
    print(draft, flush=True)
    sys.stdin.read(1)
    os._exit(9)
"""


@pytest.mark.skipif(files.fcntl is None, reason="this system has no locks that end with a process")
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_the_draft_of_a_killed_process_goes_and_that_of_a_running_one_stays(tmp_path, kind):
    target = tmp_path / "set [a]"
    command = [sys.executable, "-c", KILLED.format(kind=kind, target=str(target))]
    new = getattr(files, f"new_{kind}")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        draft = Path(process.stdout.readline().strip())
        os.utime(draft, (0, 0))
        with new(target):
            assert draft.exists(), "its process still runs"
        process.communicate("x")
    assert draft.exists()
    with new(target):
        assert not draft.exists()
    assert list(tmp_path.iterdir()) == [target]


def test_the_lock_of_a_killed_process_is_broken_after_a_while(tmp_path):
    lock = tmp_path / ".list.lock"
    lock.touch()
    os.utime(lock, (0, 0))
    with files.alone(tmp_path / "list"):
        assert lock.exists()
    assert not lock.exists()


# Archives whose headers lie


def test_a_member_larger_than_any_should_be_is_refused_before_it_is_read(archive, monkeypatch):
    path = archive(packed({"set-x/1.txt": b"small", "set-x/2.txt": os.urandom(5000)}))
    with pytest.raises(DataError, match=r"'set-x/2.txt' has 5,000 bytes, more than the 4,000"):
        list(files.safe_tar_members(path, most=4000))


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU.sparse.major": "x", "GNU.sparse.minor": "0"},
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "x"},
        {"GNU.sparse.map": "a,b", "GNU.sparse.size": "1"},
        {"GNU.sparse.map": "1", "GNU.sparse.size": "-1"},
        {"size": "x"},
        {"size": "-5"},
        {"hdrcharset": "no such", "path": "a"},
    ],
)
def test_headers_that_lie_are_a_sentence_or_nothing(archive, headers):
    info = tarfile.TarInfo()
    info.pax_headers = headers
    path = archive(packed({"set-x/1.txt": info}, format=tarfile.PAX_FORMAT))
    with contextlib.suppress(DataError):
        list(files.safe_tar_members(path))


def test_thousands_of_headers_one_behind_another_are_a_sentence(archive):
    one = tarfile.TarInfo("set-x/1.txt").create_pax_global_header({"comment": "x"})
    long_name = tarfile.TarInfo("././@LongLink")
    long_name.type, long_name.size = tarfile.GNUTYPE_LONGNAME, 4
    header = long_name.tobuf(tarfile.GNU_FORMAT) + b"name".ljust(512, b"\0")
    path = archive(gzip.compress(one + header * 3000 + bytes(1024)))
    with pytest.raises(DataError, match=r"is damaged or no \.tar\.gz archive"):
        list(files.safe_tar_members(path))
