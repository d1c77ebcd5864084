"""Tokens: doses, abbreviations, numbers and signs, and nothing lost."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medlearn.data.text import tokens as module
from medlearn.data.text.tokens import tokens


def test_examples():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("HbA1c 7.2%", "HbA1c 7.2 %"),
        ("3.5mg/kg q.d. p.o.", "3.5 mg / kg q.d. p.o."),
        ("120/80 mmHg", "120 / 80 mmHg"),
        ("1,200 IU", "1,200 IU"),
        ("He doesn't smoke; the patient's wife does.", "He doesn't smoke ; the patient's wife does ."),
        ("X-ray (5 March)", "X - ray ( 5 March )"),
        ("SpO2 ≥94 %", "SpO2 ≥ 94 %"),
        ("Sjögren, µmol", "Sjögren , µmol"),
        ("It ended.", "It ended ."),
        ("a_b", "a _ b"),
        ("**NAME[AAA]", "* * NAME [ AAA ]"),
        (" \n\t", ""),
    ],
)
def test_what_a_token_is(text, found):
    assert tokens(text) == found.split()


@given(st.text(max_size=60))
def test_nothing_but_white_space_is_lost(text):
    found = tokens(text)
    assert "".join(found) == "".join(text.split()) and all(found)
