"""Whether a sentence denies a finding: a rule of two dozen words, after NegEx. Knows texts only.

A *cue* such as "no" or "denies" negates what comes after it, up to the end of its *scope*: a full stop, or a
word such as "but". Some cues stand behind the finding, and some words only look like cues ("no change").
See Chapman and others, J Biomed Inform 34:301 (2001).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from medlearn.errors import DataError

BEFORE = (
    *("no", "not", "none", "never", "neither", "nor", "without", "cannot", "denies", "denied", "denying"),
    *("negative", "-ve", "absence", "absent", "free of", "ruled out", "lack of"),
)
AFTER = ("not", "never", "absent", "negative", "denied", "ruled out", "unlikely", "resolved")
LOOK_ALIKE = (
    *("no change", "no significant change", "no increase", "no further", "not only", "not necessarily"),
    *("not certain", "without difficulty", "gram negative"),
)
STOPS = (
    *("but", "however", "although", "though", "except", "besides", "apart from", "aside from", "still"),
    *("yet", "because", "due to", "secondary to", "which", "who"),
)
REACH = 6  # words behind the finding in which a cue is looked for: farther off, it is about something else


class Around(NamedTuple):
    """The words of a sentence in small letters: `before` a finding, and `after` it."""

    before: list[str]
    after: list[str]


def around(sentence: str, finding: str, begin: int | None = None) -> Around:
    """What stands before a finding in a sentence, and after it; nothing where the finding is not there.

    Parameters
    ----------
    sentence : the text.
    finding : words of it.
    begin : the place of its first letter, −1 where it is not there. None looks for it: of several places that
        in capitals counts, as the NegEx kit marks it, else the first.

    >>> around("He denies chest  pain.", "chest pain")
    Around(before=['he', 'denies'], after=['.'])
    """
    if begin is None:
        place = _place(sentence, finding)
    else:
        place = (begin, begin + len(finding)) if begin >= 0 else None
    if place is None:
        return Around([], [])
    return Around(*(_WORD.findall(part.lower()) for part in (sentence[: place[0]], sentence[place[1] :])))


def scope(words: Around) -> Around:
    """Of the `words` around a finding those that a cue for it can be among: up to a stop on either side.

    >>> scope(around("No fever, but he has chills in the evening.", "chills"))
    Around(before=['he', 'has'], after=['in', 'the', 'evening'])
    """
    before = _STOP.split(" ".join(words.before))[-1].split()
    after = _STOP.split(" ".join(words.after).replace(",", "."))[0].split()
    return Around(before, after[:REACH])


def is_negated(sentence: str, finding: str, begin: int | None = None) -> bool:
    """Whether the rule says that the `sentence` denies the `finding`; see `around`, for `begin` too.

    >>> is_negated("No fever or chills.", "chills"), is_negated("No fever, but chills.", "chills")
    (True, False)
    >>> is_negated("Pneumonia was ruled out.", "pneumonia")
    True
    """
    before, after = (_LOOK_ALIKE.sub(" ", " ".join(part)) for part in scope(around(sentence, finding, begin)))
    return bool(_CUE_BEFORE.search(before) or _CUE_AFTER.search(after))


def _place(sentence: str, finding: str) -> tuple[int, int] | None:
    """Where the finding begins in the sentence, and where it ends."""
    words = finding.split()
    if not words:
        raise DataError(f"the finding of {sentence!r:.40} has no words: name what may be negated in it")
    pattern = r"\s+".join(map(re.escape, words))
    for one in (rf"(?<!\w){pattern}(?!\w)", pattern):  # "PE" is not in "speech", if it stands alone as well
        places = [match.span() for match in re.finditer(one, sentence, re.IGNORECASE)]
        marked = [place for place in places if sentence[slice(*place)].isupper()]
        if places:
            return (places if sentence.isupper() else marked or places)[0]
    return None


def _any_of(phrases: tuple[str, ...]) -> str:
    return "|".join(re.escape(phrase) for phrase in phrases)


_WORD = re.compile(r"-ve\b|\w+(?:['’.-]\w+)*|[^\w\s]")
_CUE_BEFORE = re.compile(rf"(?<![\w-])(?:{_any_of(BEFORE)})(?!\w)|n['’]t\b")
_CUE_AFTER = re.compile(rf"(?<!\w)(?:{_any_of(AFTER)})(?!\w)|n['’]t\b")
_LOOK_ALIKE = re.compile(rf"(?<!\w)(?:{_any_of(LOOK_ALIKE)})")
_STOP = re.compile(rf"(?<!\S)(?:{_any_of(STOPS)}|[.:;?!])(?!\S)")
