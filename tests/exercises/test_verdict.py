"""How a verdict looks: its sign and colour, and nothing of the learner's that a page would run."""

import subprocess
import sys

import pytest

from medlearn.exercises.verdict import LOOKS, Verdict


@pytest.mark.parametrize("kind", LOOKS)
def test_has_a_sign_and_a_colour_of_its_own(kind):
    verdict = Verdict(kind, "Look again.")
    sign, colour = LOOKS[kind]
    assert repr(verdict) == f"{sign} Look again."
    assert colour in verdict._repr_html_() and "Look again." in verdict._repr_html_()
    assert len({sign for sign, _ in LOOKS.values()}) == len({colour for _, colour in LOOKS.values()}) == 3


def test_what_the_learner_wrote_is_text_on_the_page():
    assert "<script>" not in Verdict("wrong", "Your answer stops with <script>")._repr_html_()


def test_a_long_verdict_is_wrapped_in_a_terminal():
    assert all(len(line) <= 100 for line in repr(Verdict("right", "word " * 60)).splitlines())


@pytest.mark.parametrize(
    ("shell", "shown"), [("ZMQInteractiveShell", "<div"), ("TerminalInteractiveShell", "✓ Good.")]
)
def test_is_shown_as_the_front_end_can(shell, shown):
    """A notebook gets a page's code, a terminal gets text."""
    code = f"""
import IPython, IPython.display
IPython.get_ipython = lambda: type("{shell}", (), {{}})()
IPython.display.display = lambda verdict: print(verdict._repr_html_())
from medlearn.exercises.verdict import show
show("right", "Good.")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=180)
    assert done.stdout.startswith(shown), done.stderr
