"""`medlearn data`: what is typed and what is printed."""

import errno
import subprocess
import sys
import types

import pytest

from medlearn import cli
from medlearn.data import catalogue, store


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDLEARN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror with a `breast` that the catalogue knows the digest of."""
    import hashlib
    from dataclasses import replace

    folder = tmp_path / "mirror"
    (folder / "breast").mkdir(parents=True)
    (folder / "breast" / "breastmnist.npz").write_bytes(b"bytes")
    entry = catalogue.find("breast")
    file = replace(entry.files[0], digest=f"md5:{hashlib.md5(b'bytes').hexdigest()}")
    monkeypatch.setitem(catalogue.CATALOGUE, "breast", replace(entry, files=(file,)))
    monkeypatch.setenv("MEDLEARN_MIRROR", str(folder))
    return folder


def row_of(name, capsys):
    assert cli.main(["data", "list"]) == 0
    return next(line for line in capsys.readouterr().out.splitlines() if line.split()[:1] == [name])


def test_list_shows_every_set_in_aligned_columns_under_its_kind(capsys):
    assert cli.main(["data", "list"]) == 0
    head, *blocks = capsys.readouterr().out.split("\n\n")
    *kinds, advice = blocks
    named = {block.splitlines()[0]: block.splitlines()[1:] for block in kinds}
    assert list(named) == [kind for kind, entries in catalogue.by_kind().items() if entries]
    rows = [row for block in named.values() for row in block]
    assert [row.split()[0] for row in rows] == list(catalogue.CATALOGUE)
    for column in ("modality", "task", "cases", "licence", "here"):
        at = head.index(column)
        assert all(row[at - 1] == " " and row[at] != " " for row in rows), column
    assert advice.startswith("medlearn data get NAME gets the real files")


def test_list_shows_a_size_only_where_it_is_known(mirror, capsys):
    from dataclasses import replace

    entry = catalogue.find("breast")
    unknown = replace(entry, files=(replace(entry.files[0], size=None),))
    catalogue.CATALOGUE["breast"] = unknown  # which the fixture puts back
    assert " MB" not in row_of("breast", capsys)
    store.fetch_all(unknown)
    assert "  0.0 MB  " in row_of("breast", capsys)


def test_list_says_what_is_here(mirror, capsys):
    assert row_of("breast", capsys).endswith(" no")
    assert row_of("diabetes", capsys).endswith(" yes")
    assert row_of("slides", capsys).endswith(" simulated")
    store.fetch_all(catalogue.find("breast"))
    assert row_of("breast", capsys).endswith(" yes")
    outcomes = store.place(catalogue.find("icu"), catalogue.find("icu").files[1])
    outcomes.parent.mkdir(parents=True)
    outcomes.write_text("")
    assert row_of("icu", capsys).endswith("1 of 6 files")


def test_get_prints_where_the_files_are(mirror, cache, capsys):
    assert cli.main(["data", "get", "breast", "diabetes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"breast: {cache / 'full' / 'breast'}",
        "diabetes: comes with scikit-learn",
    ]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["data", "get", "brest"], "did you mean breast"),
        (["data", "get", "blood"], "zenodo.org cannot be reached"),
        (["data", "verify", "brest"], "did you mean breast"),
        (["data", "get", "slides"], "slides has no official files to fetch: load it with size='small'"),
    ],
)
def test_an_error_is_one_sentence_and_exit_status_1(typed, said, capsys):
    assert cli.main(typed) == 1
    *_, line = capsys.readouterr().err.split("\r")[-1].splitlines()
    assert line.strip().startswith("medlearn: ") and said in line


def test_verify_finds_the_damaged_file(mirror, cache, capsys):
    store.fetch_all(catalogue.find("breast"))
    assert cli.main(["data", "verify"]) == 0
    assert "breast/breastmnist.npz: ok" in capsys.readouterr().out
    (cache / "full" / "breast" / "breastmnist.npz").write_bytes(b"bites")
    assert cli.main(["data", "verify", "breast"]) == 1
    out = capsys.readouterr().out
    assert "its md5 is" in out and "1 of 1 files are here, 1 of them damaged" in out


def test_mirror_fills_a_folder(mirror, tmp_path, capsys):
    assert cli.main(["data", "mirror", str(tmp_path / "usb"), "breast"]) == 0
    assert (tmp_path / "usb" / "breast" / "breastmnist.npz").read_bytes() == b"bytes"
    assert f"MEDLEARN_MIRROR={tmp_path / 'usb'}" in capsys.readouterr().out


def test_mirror_says_when_the_folder_is_full(mirror, tmp_path, monkeypatch, capsys):
    def fill(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store.shutil, "copyfile", fill)
    assert cli.main(["data", "mirror", str(tmp_path / "usb"), "breast"]) == 1
    assert f"the disk of {tmp_path / 'usb' / 'breast'} is full" in capsys.readouterr().err


def test_where_names_the_folders(mirror, cache, capsys, monkeypatch):
    assert cli.main(["data", "where"]) == 0
    out = capsys.readouterr().out
    assert str(cache) in out and str(mirror) in out and "small" in out
    monkeypatch.setenv("MEDLEARN_MIRROR", str(mirror / "nowhere"))
    assert cli.main(["data", "where"]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_commands_that_live_elsewhere_get_their_own_arguments(monkeypatch):
    module, seen = types.ModuleType("toy_command"), []
    module.main = lambda arguments: seen.append(arguments) or 3
    module.__spec__ = types.SimpleNamespace()
    monkeypatch.setitem(sys.modules, "toy_command", module)
    monkeypatch.setitem(cli.ELSEWHERE, "doctor", ("toy_command:main", ""))
    assert cli.main(["doctor", "--help", "x"]) == 3
    assert seen == [["--help", "x"]]


def test_the_commands_are_named_in_the_help(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert all(name in out for name in ("data", "run", "results", "doctor"))


def test_it_runs_as_a_module_and_imports_nothing_heavy(python):
    shown = subprocess.run(
        [sys.executable, "-m", "medlearn", "data", "list"], capture_output=True, text=True, timeout=60
    )
    assert shown.returncode == 0 and "pneumonia" in shown.stdout and not shown.stderr
    heavy = {"keras", "tensorflow", "jax", "pandas", "sklearn", "scipy", "matplotlib", "requests", "numpy"}
    code = "import sys; from medlearn import cli; cli.main(['data', 'list']); print(*sys.modules)"
    assert not heavy & set(python(code).stdout.splitlines()[-1].split())


def test_an_interrupt_ends_quietly(monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(store, "fetch_all", interrupt)
    assert cli.main(["data", "get", "breast"]) == 130
    assert capsys.readouterr().err == "medlearn: stopped\n"


def test_a_reader_who_has_had_enough_ends_it_quietly():
    """As in `medlearn data list | head -0`: the pipe is closed before a line is written."""
    command = [sys.executable, "-m", "medlearn", "data", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 1
