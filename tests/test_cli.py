"""The command itself: its help, its version, wrong commands, and arguments that nobody would type."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import medlearn
from medlearn import cli, course, doctor
from medlearn.data import store


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ([], ("data", "run", "results", "class", "doctor")),
        (["data"], ("list", "get", "verify", "mirror", "where")),
    ],
)
def test_alone_it_prints_its_help(typed, named, capsys):
    assert cli.main(typed) == 0
    out = capsys.readouterr().out
    assert all(f"\n    {name} " in out for name in named)


def test_it_says_its_version(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"medlearn {medlearn.__version__}\n"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["dta", "list"], "there is no command 'dta'; did you mean data?"),
        (["doctr"], "did you mean doctor?"),
        (["data", "lsit"], "there is no command 'lsit'; did you mean list?"),
        (["zzz"], "there are: data, run, results, class, doctor"),
        (["data", "x" * 100_000], "there are: list, get, verify, mirror, where"),
    ],
)
def test_a_wrong_command_is_told_the_right_one(typed, said, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(typed)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert said in error and len(error) < 400


def test_where_shows_no_password(monkeypatch, capsys):
    monkeypatch.setenv("MEDLEARN_MIRROR", "http://me:secret@mirror.example/x")
    assert cli.main(["data", "where"]) == 0
    out = capsys.readouterr().out
    assert "http://***@mirror.example/x" in out and "secret" not in out


def test_list_takes_a_cache_that_is_closed_to_this_user_for_empty(monkeypatch, capsys):
    def closed(path):
        raise PermissionError(13, "Permission denied", str(path))  # as Python 3.11 to 3.13 do

    monkeypatch.setattr(Path, "is_file", closed)
    assert cli.main(["data", "list"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert next(row for row in rows if row.startswith("breast")).endswith(" no")


# Any text that a shell or a program can hand over: no letters at all, escapes, undecodable bytes, very long.
garbage = st.one_of(
    st.text(st.characters(), max_size=20),
    st.sampled_from(
        ["", "~", "~nobody-here/x", "-", "--", "\0", "a\0b", "\udcff", "\x1b[31m\n", ".", "..", "/"]
    ),
    st.sampled_from(["x" * 5000, "/".join(["x"] * 3000), "-x" * 200, "--file", "--csv", "--full", "%s"]),
)
COMMANDS = ["get", "verify", "list", "where", "mirror"]
BEGIN = [[], *(["data", name] for name in COMMANDS), ["class", "summary"], ["doctor"], ["run"]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(begin=st.sampled_from(BEGIN), rest=st.lists(garbage, max_size=4))
def test_no_argument_breaks_it(begin, rest, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(store, "fetch_all", lambda entry, *_: tmp_path)
    monkeypatch.setattr(store, "add_to_mirror", lambda *_: None)
    monkeypatch.setattr(doctor, "CHECKS", ())
    monkeypatch.setattr(course, "NOTEBOOKS", tmp_path)
    try:
        status = cli.main([*begin, *rest])
    except SystemExit as stop:
        status = stop.code
    said = capsys.readouterr()
    assert status in (0, 1, 2)
    if status:
        assert said.err and "Traceback" not in said.err
        assert status == 2 or len(said.err.splitlines()) == 1, "one line, but for usage"
