"""Sphinx's settings for the book. What it reads is put together by build.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

project = html_title = "Deep learning in medicine"
author = "The medlearn authors"
language = "en"

extensions = ["myst_nb", "sections", "surroundings", "terms"]
nb_execution_mode = "off"  # every output is the committed one
nb_render_markdown_format = "gfm"  # or tables in Markdown that a cell gives would be raw text
nb_code_prompt_show, nb_code_prompt_hide = "Show the {type}", "Hide the {type}"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

html_theme = "sphinx_book_theme"
html_static_path = ["_build/static"]
html_extra_path = ["_build/extra"]
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_favicon = html_logo = "static/favicon.svg"
html_last_updated_fmt = "%d %B %Y"
html_copy_source = False
html_show_copyright = False
html_context = {"default_mode": "auto"}
html_theme_options = {
    "use_download_button": False,
    "home_page_in_toc": True,
    "show_toc_level": 2,
    "search_bar_text": "Search the course",
    "navbar_persistent": [],  # the search field stands in the sidebar
    "logo": {"text": project},
    "footer_content_items": ["last-updated.html", "extra-footer.html"],
}

mathjax_path = "mathjax.js"  # from a package of the lock: see build.py
mathjax3_config = {"options": {"enableMenu": False}, "svg": {"fontCache": "local"}}
