"""What the simulators of texts share: made-up names of diseases, drugs and people, and templates with slots.

A template is a sentence with slots in braces. Filled, it is a list of parts, each with the type of entity
that it is, if any, so that the tags of its tokens are known. Names are put together from syllables that mean
nothing: no disease, drug or person is called so, telephone numbers are those kept free for fiction, and dates
lie in the future.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from medlearn.data.text.tokens import tokens

VERSION = 1  # of all simulated texts: goes up whenever the same seed would give others

ONSETS = (
    *(
        "brusk",
        "cald",
        "dorv",
        "felk",
        "gorm",
        "hesk",
        "kelt",
        "larv",
        "morv",
        "nebr",
        "ostr",
        "pelg",
        "quond",
    ),
    *("rinth", "solv", "talk", "ulm", "vask", "wexl", "yorb", "zand", "trosk", "gland", "plov", "skern"),
)
MIDDLES = ("ab", "ed", "il", "on", "ur", "an", "im", "or", "ak", "em", "iv", "ol")
# How names of diseases end, and what comes before them in longer ones.
SUFFIXES = ("itis", "oma", "osis", "aemia", "opathy", "algia", "iasis", "uria", "ectasia")
PLAIN = ("a", "ix", "os", "ern", "ole")  # names of diseases, and of other things
MANNERS = (
    *("chronic", "acute", "familial", "juvenile", "congenital", "relapsing", "hereditary", "idiopathic"),
    *("sporadic", "systemic", "secondary"),
)
ORGANS = (
    *("renal", "hepatic", "cutaneous", "pulmonary", "retinal", "gastric", "cardiac", "pancreatic", "spinal"),
    *("bronchial", "thyroid", "colonic"),
)
KINDS = ("dystrophy", "dysplasia", "atrophy", "carcinoma", "neuropathy", "sclerosis", "anaemia", "fever")
WASTINGS = ("wasting", "stiffness", "weakness", "calcification", "pigmentation", "overgrowth", "hardening")
# How names of drugs, of genes and of chemicals end.
DRUGS = ("adrel", "ibrane", "omune", "estine", "oprane", "uvrol", "izarin", "enoxal", "avidol", "ulamine")
PROTEINS = ("in", "ase", "ogen", "ulin", "exin", "atin")

# People of two registers: names of one resemble no names of the other.
REGISTERS = {
    "north": {
        "woman": ("Brenna", "Edda", "Gwenda", "Ilsabet", "Lorna", "Nessa", "Perpetua", "Rowena", "Sunniva"),
        "man": ("Aldwin", "Corvin", "Delwyn", "Farley", "Hartwig", "Jorun", "Kester", "Merrick", "Osbert"),
        "start": (
            "Tarr",
            "Wensk",
            "Holv",
            "Bramm",
            "Kelds",
            "Dunv",
            "Marqu",
            "Pelsk",
            "Ashk",
            "Corr",
            "Linv",
        ),
        "end": ("oby", "andish", "elstrop", "ungate", "ickerly", "ormade", "elby", "inshaw", "apleton"),
    },
    "south": {
        "woman": ("Belisa", "Fatou", "Hanae", "Jasira", "Ludovina", "Mirela", "Oihana", "Paolina", "Soraya"),
        "man": ("Amadu", "Chidero", "Davor", "Eneko", "Giordan", "Ibai", "Kaveh", "Nkem", "Rastko"),
        "start": ("Ovi", "Zeru", "Anto", "Beko", "Cala", "Dume", "Fari", "Iku", "Lezo", "Mbari", "Obre"),
        "end": ("kashi", "nelu", "barro", "vici", "tamba", "guren", "ziadis", "molha", "rekotxe"),
    },
}
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
FIRST_YEAR = 2051


class Part(NamedTuple):
    """A piece of a sentence.

    Parameters
    ----------
    text : the piece; `type` : of the entity that it is, "" for none.
    assertion : of a disease, whether it is "present", "negated", "historical" or "family".
    """

    text: str
    type: str = ""
    assertion: str = "-"


def one_of(rng: np.random.Generator, things: Sequence) -> object:
    """One of the `things`, drawn by `rng`.

    >>> one_of(np.random.default_rng(0), ("a", "b", "c"))
    'b'
    """
    return things[int(rng.random() * len(things))]


def common_of(rng: np.random.Generator, things: Sequence) -> object:
    """One of the `things`, drawn by `rng`: the first ones are common, the last ones rare."""
    return things[int(rng.random() ** 2.5 * len(things))]


def fill(template: str, slot: Callable[[str], Part | str]) -> list[Part]:
    """The parts of a `template`, whose slots are filled by `slot`, a function of their names.

    >>> fill("No {d} was seen.", lambda name: Part("keltoritis", "disease", "negated"))[1]
    Part(text='keltoritis', type='disease', assertion='negated')
    """
    parts = []
    for place, piece in enumerate(re.split(r"\{([^}]+)\}", template)):
        part = slot(piece) if place % 2 else piece
        part = Part(part) if isinstance(part, str) else part
        if parts and parts[-1].text.endswith(".") and part.text.startswith("."):
            part = part._replace(text=part.text[1:])  # as after "b.i.d."
        if part.text:
            parts.append(part)
    return parts


def text_of(parts: Iterable[Part]) -> str:
    """The sentence that the `parts` make, with a capital at its beginning."""
    text = "".join(part.text for part in parts)
    return text[:1].upper() + text[1:]


def lines_of(parts: Iterable[Part], *, assertions: bool = False) -> list[str]:
    """The tokens of the `parts`, one a line with its tag, and with `assertions` whether it holds.

    >>> lines_of([Part("no "), Part("acute keltoritis", "disease"), Part(".")])
    ['No\\tO', 'acute\\tB-disease', 'keltoritis\\tI-disease', '.\\tO']
    """
    lines = []
    for part in parts:
        for place, token in enumerate(tokens(part.text)):
            token = token if lines else token[:1].upper() + token[1:]
            tag = f"{'I' if place else 'B'}-{part.type}" if part.type else "O"
            lines.append("\t".join([token, tag, part.assertion] if assertions else [token, tag]))
    return lines


# Names


def stem(rng: np.random.Generator) -> str:
    """The beginning of a made-up word, drawn by `rng`."""
    return str(one_of(rng, ONSETS)) + str(one_of(rng, MIDDLES)) + str(one_of(rng, "lrtnkv"))


def disease(rng: np.random.Generator) -> str:
    """The name of a disease that does not exist, drawn by `rng`: of one word to six."""
    kind = rng.random()
    if kind < 0.2:  # as unknown as a gene, but for the words around it
        return f"{stem(rng)}{one_of(rng, PLAIN)}"
    if kind < 0.45:
        before = one_of(rng, (*MANNERS, *ORGANS)) + " " if rng.random() < 0.4 else ""
        return f"{before}{stem(rng)}{one_of(rng, SUFFIXES)}"
    if kind < 0.5:
        return f"{one_of(rng, ORGANS)} and {one_of(rng, ORGANS)} {stem(rng)}{one_of(rng, SUFFIXES)}"
    if kind < 0.64:
        other = f" - {stem(rng).capitalize()}" if rng.random() < 0.25 else ""
        return f"{stem(rng).capitalize()}{other} {one_of(rng, ('syndrome', 'disease', 'disorder'))}"
    if kind < 0.72:
        return f"syndrome of {one_of(rng, ORGANS)} {one_of(rng, WASTINGS)} and {one_of(rng, WASTINGS)}"
    if kind < 0.82:
        return f"{stem(rng)}{one_of(rng, PROTEINS)} deficiency"
    return f"{stem(rng)}oid {one_of(rng, ORGANS)} {one_of(rng, KINDS)}"


def diseases(rng: np.random.Generator, count: int, *, but: Iterable[str] = ()) -> list[str]:
    """So many different names of diseases, `count`, drawn by `rng`, and none of those in `but`."""
    known, names = set(but), []
    while len(names) < count:
        name = disease(rng)
        if name not in known:
            known.add(name)
            names.append(name)
    return names


def drug(rng: np.random.Generator) -> str:
    """The name of a drug that does not exist, drawn by `rng`."""
    return f"{stem(rng)}{one_of(rng, DRUGS)}"


def gene(rng: np.random.Generator) -> str:
    """A gene, protein or chemical that does not exist, drawn by `rng`."""
    if rng.random() < 0.5:
        letters = "".join(str(one_of(rng, "ABCDFGHKLMNPRSTVXZ")) for _ in range(3))
        return f"{letters}{1 + int(rng.random() * 9)}"
    return f"{stem(rng)}{one_of(rng, (*PROTEINS, *PLAIN))}"


def surname(rng: np.random.Generator, register: str = "north") -> str:
    """The family name of somebody who does not exist, drawn by `rng` from a `register`."""
    names = REGISTERS[register]
    return f"{one_of(rng, names['start'])}{one_of(rng, names['end'])}"


def date(rng: np.random.Generator, day: int, style: int) -> str:
    """A date, `day` days after the first of those that are used, as a clinic of this `style` writes it.

    `rng` draws nothing but whether the year is left out.

    >>> [date(np.random.default_rng(0), 400, style) for style in range(4)]
    ['5 February 2052', '05/02/2052', '5.2.2052', '2052-02-05']
    """
    when = datetime.date(FIRST_YEAR, 1, 1) + datetime.timedelta(day)
    if style == 0:
        return f"{when.day} {MONTHS[when.month - 1]}" + (f" {when.year}" if rng.random() < 0.8 else "")
    if style == 1:
        return f"{when.day:02}/{when.month:02}/{when.year}"
    return f"{when.day}.{when.month}.{when.year}" if style == 2 else when.isoformat()


def abbreviation(name: str) -> str:
    """What a `name` of several words, or of one, is shortened to.

    >>> abbreviation("Keltor - Morvak syndrome"), abbreviation("keltoritis")
    ('KMS', 'KLT')
    """
    words = [word for word in re.findall(r"[A-Za-z]+", name) if word not in ("of", "and")]
    if len(words) > 1:
        return "".join(word[0] for word in words).upper()
    return (words[0][0] + re.sub("[aeiou]", "", words[0][2:]))[:3].upper()
