"""The grammar of the simulators: slots, tags, dates, and names that nobody and nothing has."""

import datetime
import doctest
import itertools
import re

import numpy as np

from medlearn.data.text import grammar
from medlearn.data.text.grammar import Part, fill, lines_of, text_of
from medlearn.data.text.tokens import tokens


def test_examples():
    assert doctest.testmod(grammar).failed == 0


def test_a_full_stop_after_a_full_stop_is_left_out():
    parts = fill("We gave {dose}.", lambda name: "40 mg b.i.d.")
    assert text_of(parts) == "We gave 40 mg b.i.d."
    assert lines_of(parts)[-1] == "b.i.d.\tO"


def test_the_lines_are_the_tokens_of_the_text():
    rng = np.random.default_rng(0)
    for template in ("{d} was seen.", "He has {d}, {d} and not {d}.", "({d}) 3.5mg/kg of {d}"):
        parts = fill(template, lambda name: Part(grammar.disease(rng), "disease", "present"))
        lines = [line.split("\t") for line in lines_of(parts, assertions=True)]
        assert [token for token, _, _ in lines] == tokens(text_of(parts))
        tags = [tag for _, tag, _ in lines]
        assert tags.count("B-disease") == template.count("{d}")
        assert all((tag == "O") == (said == "-") for _, tag, said in lines)


def test_names_differ_and_none_is_of_both_registers():
    rng = np.random.default_rng(0)
    names = grammar.diseases(rng, 300)
    assert len(set(names)) == 300 and not set(grammar.diseases(rng, 100, but=names)) & set(names)
    north, south = ({grammar.surname(rng, register) for _ in range(500)} for register in grammar.REGISTERS)
    assert len(north) > 80 and not north & south


def test_dates_are_in_order_and_of_the_calendar():
    rng = np.random.default_rng(0)
    dates = [datetime.date.fromisoformat(grammar.date(rng, day, 3)) for day in range(-9000, 2000, 13)]
    assert all((b - a).days == 13 for a, b in itertools.pairwise(dates))


def test_no_made_up_name_is_one_of_the_published_texts(real_data):
    """Not a word that ends a made-up disease or drug stands in abstracts or reviews of the real sets."""
    import gzip

    texts = (real_data / "medical_abstracts" / "medical_tc_test.csv").read_text("utf-8")
    texts += gzip.decompress((real_data / "druglib_reviews" / "druglib.tsv.gz").read_bytes()).decode("utf-8")
    folder = real_data / "ner_ncbi" / "NCBI-disease-IOB"
    texts += " ".join((folder / f"{name}.tsv").read_text("utf-8") for name in ("train", "devel", "test"))
    real = set(re.findall(r"[a-z]{6,}", texts.casefold()))
    endings = (*grammar.SUFFIXES, *grammar.DRUGS, *grammar.PROTEINS, *grammar.PLAIN, "oid", "")
    stems = [a + b + c for a in grammar.ONSETS for b in grammar.MIDDLES for c in "lrtnkv"]
    assert not {stem + ending for stem in stems for ending in endings} & real
