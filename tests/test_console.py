"""How commands end: one line and a status, whatever the terminal, the disk or the user does."""

import errno
import io
import sys

import pytest

from medlearn import console
from medlearn.errors import DataError


def raising(error):
    def main():
        raise error

    return main


def test_what_main_returns_is_the_status():
    assert console.guard("toy", lambda: None) == 0
    assert console.guard("toy", lambda: 3) == 3


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (DataError("no such set: name another"), 1, "toy: no such set: name another\n"),
        (DataError("a name\nof two lines"), 1, "toy: a name of two lines\n"),
        (DataError("a name with \x1b[31m and \udcfc"), 1, "toy: a name with \\x1b[31m and \\udcfc\n"),
        (DataError("http://me:secret@mirror/x is shut"), 1, "toy: http://***@mirror/x is shut\n"),
        (KeyboardInterrupt(), 130, "toy: stopped\n"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1, ""),
        (OSError(errno.ENOSPC, "full"), 1, "toy: what it writes cannot be written (full)\n"),
        (PermissionError(errno.EACCES, "denied", "x.csv"), 1, "toy: the system refuses (denied, x.csv)\n"),
    ],
)
def test_an_error_is_one_line(error, status, said, capsys):
    assert console.guard("toy", raising(error)) == status
    assert capsys.readouterr().err == said


def test_a_long_name_does_not_fill_the_terminal(capsys):
    console.guard("toy", raising(DataError(f"there is no {'x' * 100_000}: name another")))
    said = capsys.readouterr().err
    assert (
        len(said) < 700 and said.startswith("toy: there is no xxx") and said.endswith("xxx: name another\n")
    )


def test_a_script_ends_likewise(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["/somewhere/downsize.py"])
    with pytest.raises(SystemExit) as stop:
        console.run_script(raising(KeyboardInterrupt()))
    assert stop.value.code == 130
    assert capsys.readouterr().err == "downsize: stopped\n"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_knows_few_letters_shows_the_rest_as_escapes(encoding, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    assert console.guard("toy", lambda: print("AUROC ≥ ½ ✓")) == 0
    assert stream.buffer.getvalue().decode(encoding).strip().startswith("AUROC \\u2265 ")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_takes_nothing_is_one_line(unbuffered, python):
    done = python(
        "import os, sys; os.dup2(os.open(os.devnull, os.O_RDONLY), 1)\n"
        "from medlearn import cli; sys.exit(cli.main(['data', 'list']))",
        PYTHONUNBUFFERED=unbuffered,
    )
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("medlearn: what it writes cannot be written (")


def test_a_closed_output_is_said_before_any_work(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", None)  # as Python has it after `>&-`
    assert console.guard("toy", lambda: pytest.fail("it began")) == 1
    assert capsys.readouterr().err.startswith("toy: its output has nowhere to go, standard output is closed")


def test_sigterm_unwinds(python):
    done = python(
        "import signal, sys; from medlearn import console\n"
        "def main():\n"
        "    try: signal.raise_signal(signal.SIGTERM)\n"
        "    finally: print('unwound')\n"
        "sys.exit(console.guard('toy', main))"
    )
    assert (done.returncode, done.stdout, done.stderr) == (143, "unwound\n", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Müller, 李.jsonl", "Müller, 李.jsonl"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b]0;x\x07", r"\x1b]0;x\x07"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("M\udcfcller", r"M\udcfcller"),
    ],
)
def test_what_strangers_wrote_is_shown_harmless(text, shown):
    assert console.clean(text) == shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://mirror/a@b", "http://mirror/a@b"),
        ("https://me:p@ss:word@mirror:80/x", "https://***@mirror:80/x"),
        ("at http://me@mirror and http://you:x@mirror", "at http://***@mirror and http://***@mirror"),
        ("/home/me@work/mirror", "/home/me@work/mirror"),
    ],
)
def test_no_password_of_an_address_is_shown(url, shown):
    assert console.masked(url) == shown


def test_a_typed_path_is_a_path(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert console.typed_path("~/x") == tmp_path / "x"
    assert str(console.typed_path("a b/c")) == "a b/c"
    for text in ("", "a\0b", "~nobody-of-this-name/x"):
        with pytest.raises(console.argparse.ArgumentTypeError):
            console.typed_path(text)
