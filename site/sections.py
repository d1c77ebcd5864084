"""A Sphinx extension: what the search looks through, section by section, for static/search.js.

Sphinx's own index says which page holds a word, and not where on the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

UNREAD = (nodes.raw, nodes.math_block, nodes.comment, addnodes.index)


def sections(doctree: nodes.document) -> Iterator[tuple[str, str, str]]:
    """The anchor, the title and the text of each section of a page, and of each entry of a glossary."""
    for section in doctree.findall(nodes.section):
        title, *rest = section.children
        own = (part for part in rest if not isinstance(part, nodes.section | addnodes.glossary))
        yield section["ids"][0], words([title]), words(own)
    for entry in doctree.findall(nodes.definition_list_item):
        if isinstance(entry.parent.parent, addnodes.glossary):
            *terms, meaning = entry.children
            yield terms[0]["ids"][0], ", ".join(words([term]) for term in terms), words([meaning])


def words(parts: Iterable[nodes.Node]) -> str:
    """The text of `parts` in one line.

    >>> words([nodes.paragraph("", "", nodes.emphasis("", "one"), nodes.Text(" stay"), nodes.raw("", "-"))])
    'one stay'
    """
    whole = nodes.container("", *(part.deepcopy() for part in parts))
    for one in list(whole.findall(is_unread)):
        one.parent.remove(one)
    return " ".join(whole.astext().split())


def is_unread(node: nodes.Node) -> bool:
    """Whether a node has no words of its own: HTML, a formula that is more than a letter."""
    return isinstance(node, UNREAD) or (isinstance(node, nodes.math) and "\\" in node.astext())


def collect(found: list, app: Sphinx, docname: str, template: str, context: dict, doctree) -> None:
    """Called by Sphinx as it writes each page."""
    if docname == "search":
        for script in ("sections.js", "search.js"):
            app.add_js_file(script, loading_method="defer")
    if doctree is not None:
        (_, page, _), *_ = listed = list(sections(doctree))
        found += [(f"{docname}.html#{anchor}", page, title, text) for anchor, title, text in listed]


def write(found: list, app: Sphinx, fault: Exception | None) -> None:
    """Called by Sphinx at the end. A script and not JSON, which a page opened from a file may not read."""
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    (Path(app.outdir) / "_static" / "sections.js").write_text(f"const SECTIONS = {text};\n", encoding="utf-8")


def setup(app: Sphinx) -> dict:
    """Called by Sphinx."""
    found: list = []
    app.connect("html-page-context", partial(collect, found))
    app.connect("build-finished", partial(write, found))
    return {"parallel_read_safe": True, "parallel_write_safe": False}
