"""A Sphinx extension: what stands around each page: its description, and where it leads.

All of it from the one place that names the repository, pyproject.toml; where none is named, those links are
absent.
"""

from __future__ import annotations

import re
import tomllib
from html import escape
from pathlib import Path
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent
WARNING = "For learning. No model here may be used on patients."
DESCRIPTION = 160  # characters that search engines and cards show


def settings() -> tuple[str, str]:
    """The repository as "owner/name", "" where none is named, and the version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return project["tool"]["medlearn"]["repository"], project["project"]["version"]


def source_of(docname: str) -> str:
    """The file, in the repository, that a page is made from.

    >>> source_of("chapters/02_cnn_diagnosis"), source_of("teach/02_cnn_diagnosis"), source_of("data")
    ('notebooks/src/02_cnn_diagnosis.py', 'site/teach/02_cnn_diagnosis.md', 'site/pages/data.md')
    """
    folder, _, stem = docname.rpartition("/")
    if folder == "chapters":
        return f"notebooks/src/{stem}.py"
    if folder == "teach" and re.match(r"\d\d_", stem):
        return f"site/teach/{stem}.md"
    return f"site/pages/{docname}.md"


def footer(docname: str, repository: str, version: str) -> str:
    """The lines below a page.

    >>> footer("data", "", "0.1.0").count("<a ")
    0
    >>> footer("data", "us/it", "0.1.0").count("<a ")
    5
    """
    left = [f"Version {version}", "code: MIT, text and pictures: CC BY 4.0"]
    if repository:
        home = f"https://github.com/{repository}"
        report = f"{home}/issues/new?template=02-wrong-or-unclear.yml&title={quote(docname)}"
        left += [
            f'<a href="{home}">Repository</a>',
            f'<a href="{home}/edit/main/{source_of(docname)}">Edit this page</a>',
            f'<a href="{escape(report)}">Report an error</a>',
            f'<a href="{home}/blob/main/LICENSE">Licence</a>',
            f'<a href="{home}/blob/main/CITATION.cff">Cite</a>',
        ]
    return f'<p>{WARNING}</p>\n<p class="leads">{" · ".join(left)}</p>'


def description(doctree: nodes.document) -> str:
    """A page's first paragraph, cut at a word."""
    texts = (one.astext() for one in doctree.findall(nodes.paragraph))
    text = next((" ".join(text.split()) for text in texts if len(text.split()) > 8), "")
    return text if len(text) <= DESCRIPTION else text[:DESCRIPTION].rsplit(" ", 1)[0] + " …"


def surround(app: Sphinx, docname: str, template: str, context: dict, doctree: nodes.document | None) -> None:
    """Called by Sphinx as it writes each page."""
    repository, version = settings()
    known = doctree is not None and not docname.startswith(("genindex", "search"))
    context["theme_extra_footer"] = footer(docname if known else "index", repository, version)
    if known:
        title, about = escape(context.get("title", "")), escape(description(doctree))
        context["metatags"] = context.get("metatags", "") + (
            f'<meta name="description" content="{about}">\n'
            f'<meta property="og:title" content="{title}">\n'
            f'<meta property="og:description" content="{about}">\n'
            '<meta property="og:type" content="article">\n'
            f'<meta property="og:image" content="{context["pathto"]("_static/cover.png", resource=True)}">\n'
        )


def setup(app: Sphinx) -> dict:
    """Called by Sphinx."""
    app.connect("html-page-context", surround)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
