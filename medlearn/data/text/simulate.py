"""Simulated abstracts with diseases tagged, in the files of the NCBI disease corpus.

A stand-in, so that the course runs offline. Knows nothing about reading such files (see tagged.py) nor about
models. All names are made up (see grammar.py).

An abstract is five to eight sentences about one disease, and on others besides. Most diseases of one split
occur in no other, so that a dictionary of training mentions finds about half; how a name is built, and where
it stands, tells of the others. Genes and chemicals are unknown words, too, and stand where diseases stand.
After its first mention a disease may be shortened. Now and then an adjective before a name belongs to it and
now and then not, as in the published corpus.

What is not realistic: sentences are short and drawn from a list, and mean nothing; nothing is misspelt. No
result on these texts says anything about diseases: they are for learning to handle such data.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from medlearn.data.files import MARK
from medlearn.data.text import grammar
from medlearn.data.text.grammar import VERSION as VERSION
from medlearn.data.text.grammar import Part, common_of, fill, lines_of, one_of

# Sentences of abstracts

SENTENCES = {"train": 1200, "devel": 250, "test": 400}
LEXICON = {"train": 150, "devel": 60, "test": 80}  # diseases of this split alone
SHARED, FROM_SHARED = 60, 0.48  # diseases of all splits, and how often one of them is meant
INSIDE, OUTSIDE = 0.1, 0.07  # how often an adjective before a name belongs to it, or does not

# {f} is the disease that the abstract is about, {d} another, {a} the short form, {x} a disease or something
# else that nobody has heard of, {g} a gene, {c} a drug, {n} a number, {o} an organ.
TITLES = (
    "Mutations of {g} in {n} families with {f}.",
    "A locus for {f} maps near {g}.",
    "Loss of {g} in {f} and {d}.",
    "Treatment of {f} with {c}.",
    "{f} : clinical course in {n} patients.",
    "Expression of {g} in the {o} of adults.",
    "Linkage of {x} to markers near {g}.",
    "Age at onset of {f} depends on {g}.",
    "No association of {g} with {f} or {d}.",
)
FIRST = (
    "{f} ({a}) is an inherited disorder of the {o}.",
    "We studied {n} unrelated patients with {f} ({a}).",
    "{f} ({a}) is caused by mutations of {g}.",
    "The gene for {f} ({a}) was assigned to the region of {g}.",
    "Carriers of {g} often develop {f} ({a}).",
    "{f} is a rare cause of {d} in childhood.",
    "Little is known about {x} in the {o}.",
)
BODY = (
    "{x} was found in {n} of {n} samples.",
    "Levels of {x} were higher in women than in men.",
    "In {n} families {x} segregated with {g}.",
    "{n} % of patients with {f} carried a mutation of {g}.",
    "The risk of {d} was {n} times that of controls.",
    "Both {x} and {x} were seen in the {o}.",
    "Patients with {f} did not develop {d}.",
    "A deletion of {n} bases in {g} leads to {f}.",
    "There was no evidence of {x} in the {o} of mice without {g}.",
    "The {e} test was positive in {n} cases.",
    "By the {e} criteria {n} patients had {f}.",
    "{f} , {d} and {d} share a common pathway.",
    "The protein binds {g} and is cut by {g}.",
    "Heterozygotes for {g} had {x} before the age of {n}.",
    "We screened {n} exons of {g} in patients with {d} or {f}.",
    "Treatment with {c} reduced {x} within {n} weeks.",
    "Onset of {f} was earlier when {x} was present.",
    "{c} had no effect on {x} in {n} of them.",
    "This suggests that {x} is not needed for growth of the {o}.",
    "{g} was absent from the {o} , as was {x}.",
    "Of {n} siblings {n} were affected by {f}.",
    "The father had {d} , and the mother was a carrier of {g}.",
    "Increased binding of {x} was measured in {n} cell lines.",
    "Onset varied between {n} and {n} years.",
    "The sequence of {g} was determined in {n} clones.",
    "These {n} families came from the same valley.",
    "Staining of the {o} was normal in all controls.",
    "Our data do not support a role of {g} in {d}.",
    "Genetic counselling for {f} should consider {x}.",
    "A {e} mouse without {g} is a model of {f}.",
)
OPENINGS = (
    "Furthermore , ",
    "We show that ",
    "In this study , ",
    "In contrast , ",
    "Surprisingly , ",
    "Here we report that ",
)
LINKS = (" , whereas ", " , and ", " , although ", " ; ", " , while ")
TISSUES = (
    *("kidney", "liver", "retina", "skin", "lung", "heart", "spinal cord", "pancreas", "thyroid", "colon"),
)


def write_diseases(folder: str | Path, *, seed: int = 0) -> Path:
    """Write train.tsv, devel.tsv and test.tsv to a `folder`, drawn by `seed`; the folder."""
    rng = np.random.default_rng([seed, 331])
    shared = grammar.diseases(rng, SHARED)
    known = list(shared)
    for name, count in SENTENCES.items():
        own = grammar.diseases(rng, LEXICON[name], but=known)
        known += own
        sentences: list[list[Part]] = []
        while len(sentences) < count:
            sentences += _abstract(rng, shared, own)
        lines = [f"# {MARK}"]
        for sentence in sentences[:count]:
            lines += [*lines_of(sentence), ""]
        path = Path(folder) / f"{name}.tsv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Path(folder)


def _abstract(rng: np.random.Generator, shared: Sequence[str], own: Sequence[str]) -> list[list[Part]]:
    """The sentences of one abstract."""

    def any_disease() -> str:
        return common_of(rng, shared) if rng.random() < FROM_SHARED else common_of(rng, own)

    focus, introduced = any_disease(), False
    short = grammar.abbreviation(focus)

    def slot(name: str) -> Part | str:
        if name == "x":
            name = "d" if rng.random() < 0.5 else one_of(rng, "ggc")
        if name == "a":
            return Part(short, "disease")
        if name in "df":
            called = any_disease() if name == "d" else focus
            if name == "f" and introduced and rng.random() < 0.5:
                return Part(short, "disease")
            return Part(_with_manner(rng, called), "disease")
        if name == "n":
            return str(2 + int(rng.random() ** 2 * 90))
        draw = {"g": grammar.gene, "c": grammar.drug, "e": lambda rng: grammar.stem(rng).capitalize()}
        return one_of(rng, TISSUES) if name == "o" else draw[name](rng)

    sentences = [fill(one_of(rng, TITLES), slot)]
    first = one_of(rng, FIRST)
    sentences.append(fill(first, slot))
    introduced = "{a}" in first
    sentences += [fill(_sentence(rng), slot) for _ in range(3 + int(rng.random() * 4))]
    return [_freed(parts) for parts in sentences]


def _sentence(rng: np.random.Generator) -> str:
    """A template of the body, or two in one, perhaps with an opening."""
    template = str(one_of(rng, BODY))
    if rng.random() < 0.35:
        second = str(one_of(rng, BODY))
        template = template[:-1].rstrip() + str(one_of(rng, LINKS)) + second[0].lower() + second[1:]
    if rng.random() < 0.3:
        template = str(one_of(rng, OPENINGS)) + template[0].lower() + template[1:]
    return template


def _with_manner(rng: np.random.Generator, name: str) -> str:
    """The `name` of a disease, now and then with an adjective; one in brackets is not part of it."""
    chance = rng.random()
    if chance > INSIDE + OUTSIDE:
        return name
    manner = one_of(rng, grammar.MANNERS)
    return f"{manner} {name}" if chance < INSIDE else f"[{manner}] {name}"


def _freed(parts: Sequence[Part]) -> list[Part]:
    """The same with adjectives in brackets as parts of no entity."""
    freed = []
    for part in parts:
        outside, bracket, name = part.text.partition("] ")
        freed += [Part(outside[1:] + " "), part._replace(text=name)] if bracket else [part]
    return freed
