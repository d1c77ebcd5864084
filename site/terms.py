"""A Sphinx extension: the first time a chapter uses a term of the glossary, the term leads there.

On the built page alone: no notebook is edited. What the terms are stands in pages/glossary.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

GLOSSARY = Path(__file__).parent / "pages" / "glossary.md"
UNTOUCHED = (
    nodes.reference,
    addnodes.pending_xref,
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
)


def read(text: str) -> dict[str, str]:
    """Each term and its definition.

    >>> read("```{glossary}\\nAUROC\\narea under the curve\\n  A measure.\\n\\n```")
    {'AUROC': 'A measure.', 'area under the curve': 'A measure.'}
    """
    found, names, lines = {}, [], []
    for line in [*text.splitlines(), "```"]:
        if line.startswith(" "):
            lines.append(line.strip())
            continue
        if names and lines:
            found |= dict.fromkeys(names, re.sub(r"[*`$]", "", " ".join(lines)))
            names, lines = [], []
        if line and not line.startswith(("```", "#", ":")):
            names.append(line.strip())
        if not line:
            names = []
    return found


def pattern(term: str) -> str:
    """What a text may say for a term: a capital at the start of a sentence, a plural."""
    first = term[0]
    start = f"[{first}{first.upper()}]" if first.islower() else re.escape(first)
    rest = re.escape(term[1:]).replace(r"\ ", r"\s+")
    return rf"(?<![\w-]){start}{rest}s?(?![\w-])"


def link_first_uses(app: Sphinx, doctree: nodes.document) -> None:
    """Called by Sphinx with each page as it is read."""
    if not app.env.docname.startswith("chapters/"):
        return
    terms = read(GLOSSARY.read_text())
    waiting = {term: meaning for term, meaning in terms.items()}
    for text in list(_prose(doctree)):
        pieces, at = [], 0
        everything = "|".join(f"(?P<t{i}>{pattern(term)})" for i, term in _longest_first(terms, waiting))
        for match in re.finditer(everything, text.astext()) if everything else ():
            term = list(terms)[int(match.lastgroup[1:])]
            if term not in waiting:
                continue
            for name in [name for name in waiting if terms[name] == terms[term]]:
                del waiting[name]  # one link a meaning
            pieces += [nodes.Text(text.astext()[at : match.start()]), _link(term, match[0], app.env.docname)]
            at = match.end()
        if pieces:
            text.parent.replace(text, [*pieces, nodes.Text(text.astext()[at:])])


def _longest_first(terms: dict[str, str], waiting: dict[str, str]) -> list[tuple[int, str]]:
    numbered = [(i, term) for i, term in enumerate(terms) if term in waiting]
    return sorted(numbered, key=lambda pair: -len(pair[1]))


def _prose(doctree: nodes.document) -> Iterator[nodes.Text]:
    """Texts of paragraphs, but for those within code, mathematics, titles and links."""
    for paragraph in doctree.findall(nodes.paragraph):
        for text in paragraph.findall(nodes.Text):
            above, inside = text.parent, []
            while above is not None:
                inside.append(above)
                above = above.parent
            if not any(isinstance(node, UNTOUCHED) or "cell_output" in _classes(node) for node in inside):
                yield text


def _classes(node: nodes.Node) -> list[str]:
    return node.get("classes", []) if isinstance(node, nodes.Element) else []


def _link(term: str, said: str, page: str) -> nodes.Node:
    link = addnodes.pending_xref(
        "", refdomain="std", reftype="term", reftarget=term, refdoc=page, refexplicit=True, refwarn=True
    )
    link += nodes.inline(said, said, classes=["xref", "std", "std-term"])
    return link


def say_meanings(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let a link to a term say the meaning when pointed at."""
    terms = {name.lower(): meaning for name, meaning in read(GLOSSARY.read_text()).items()}
    for link in doctree.findall(nodes.reference):
        if link.children and "std-term" in _classes(link[0]):
            said = " ".join(link.astext().lower().split())
            link["reftitle"] = terms.get(said) or terms.get(said.removesuffix("s"), "")


def setup(app: Sphinx) -> dict:
    app.connect("doctree-read", link_first_uses)
    app.connect("doctree-resolved", say_meanings)
    return {"parallel_read_safe": True}
