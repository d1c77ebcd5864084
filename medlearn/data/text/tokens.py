"""Tokens: the words, numbers and signs of a text. One regular expression, and no list of words."""

from __future__ import annotations

import re

# Letters with full stops (q.d., p.o.); a number with its decimals; a word, which may hold digits (HbA1c) and
# an apostrophe (doesn't); any other sign by itself.
TOKEN = re.compile(r"(?:[^\W\d_]\.){2,}|\d+(?:[.,]\d+)*|[^\W\d_][^\W_]*(?:['’][^\W\d_]+)?|\S")


def tokens(text: str) -> list[str]:
    """The tokens of a `text` in order. Nothing but white space is lost, and capitals stay.

    >>> tokens("HbA1c 8.5%, 3.5mg/kg q.d.")
    ['HbA1c', '8.5', '%', ',', '3.5', 'mg', '/', 'kg', 'q.d.']
    """
    return TOKEN.findall(text)
