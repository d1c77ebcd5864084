"""How a command speaks and ends: in one line, whatever the terminal, the disk and the user do.

Every command of the package, of tools/ and of data_scripts/ runs in `guard`.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from medlearn.errors import MedlearnError

LONGEST = 600  # characters of an error: what a stranger named can be as long as it likes
UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def run_script(main: Callable[[], int | None]) -> NoReturn:
    """End Python with the exit status of `main`, or with one line if it cannot be done."""
    sys.exit(guard(Path(sys.argv[0]).stem, main))


def guard(name: str, main: Callable[[], int | None]) -> int:
    """The exit status of `main`: what it returns, or 1 after one line that begins with the command's `name`.

    Ctrl-C ends it with 130. A closed pipe, as in `medlearn data list | head`, ends it without a word.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, for as long as Python runs
    if sys.stdout is None:
        return _say(name, "its output has nowhere to go, standard output is closed: send it to a file")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that knows no é gets \xe9
            stream.reconfigure(errors="backslashreplace")
    try:
        with _sigterm_unwinds():
            try:
                return main() or 0
            finally:
                sys.stdout.flush()
    except MedlearnError as error:
        return _say(name, str(error))
    except KeyboardInterrupt:
        _say(name, "stopped")
        return 130
    except OSError as error:  # of its output, or of what no sentence of its own was thought of
        _drop_output()
        if isinstance(error, BrokenPipeError):
            return 1
        what = "what it writes cannot be written" if error.errno in UNWRITTEN else "the system refuses"
        where = f", {error.filename}" if error.filename else ""
        return _say(name, f"{what} ({error.strerror or error}{where})")


def _say(name: str, text: str) -> int:
    text = masked(clean(" ".join(text.splitlines())))
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
    with contextlib.suppress(OSError):
        print(f"{name}: {text}", file=sys.stderr)
    return 1


def _drop_output() -> None:
    """Where what was printed cannot arrive, let it go nowhere: Python tries once more when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _sigterm_unwinds() -> Iterator[None]:
    """Let SIGTERM leave every `with` and `finally` on its way, so that no half file and no kernel stays."""
    try:
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def clean(text: str) -> str:
    r"""The `text` with what would move a terminal's cursor, break a line or turn its direction written out.

    >>> clean("Müller\x1b[31m\n\u202etxt.jsonl")
    'Müller\\x1b[31m\\n\\u202etxt.jsonl'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def masked(text: str) -> str:
    """The `text` without the passwords of addresses in it.

    >>> masked("http://user:secret@mirror/x cannot be reached")
    'http://***@mirror/x cannot be reached'
    """
    return re.sub(r"(?<=://)[^/?#\s]*@", "***@", text)


def typed_path(text: str) -> Path:
    """The path that a user typed as `text`, with `~` expanded: a type for argparse."""
    path = os.path.expanduser(text)
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no path")
    if path.startswith("~"):
        raise argparse.ArgumentTypeError(f"{clean(text)}: there is no such user here, or none with a home")
    return Path(path)


def in_a_notebook() -> bool:
    """Whether IPython runs this for a front end that shows more than text."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ not in ("NoneType", "TerminalInteractiveShell")
