"""The documentation site: `make docs` builds it from these pages and from the docstrings.

The pages are Markdown (MyST), some of them notebooks that run while the site is built. Nothing is
loaded from other hosts, so that the site can be read without a network.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import thermalent as te

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_site"))
# Modules that are public under a shorter name, which autosummary can only import as a module.
sys.modules |= {f"thermalent.{name}": getattr(te, name) for name in te._MODULES}

project = "thermalent"
author = "The thermalent developers"
release = version = te.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_design",
    "sphinx_copybutton",
    "sphinx-mathjax-offline",
    "docstrings",
    "figure_pages",
]
exclude_patterns = ["_build", "_site", "api/generated/README*"]
# Pages that an older version has generated, of names that are gone.
_LISTED = {
    f"thermalent.{name}"
    for page in (HERE / "api").glob("*.md")
    for name in re.findall(r"^   ([\w.]+)$", page.read_text(), flags=re.MULTILINE)
}
exclude_patterns += [
    f"api/generated/{page.name}"
    for page in (HERE / "api" / "generated").glob("*.rst")
    if page.stem not in _LISTED
]
nitpicky = False
# Blocks without a language are what a terminal shows; what is copied has no prompts and no output.
highlight_language = "none"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_exclude = ".linenos, .gp, .go"

# Pages: equations between dollars, notebooks run once and again only when they change.
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_merge_streams = True

# The reference: what stands in the docstrings, in the order of the source.
autosummary_generate = True
autosummary_ignore_module_all = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True
templates_path = ["_site/templates"]

html_theme = "pydata_sphinx_theme"
html_title = "thermalent"
html_static_path = ["_site/static"]
html_css_files = ["thermalent.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "header_links_before_dropdown": 5,
    "navbar_end": ["version.html", "theme-switcher"],
    "navbar_persistent": ["search-button"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
# Sites of other versions, newest first, which lie beside this one.
html_context = {"versions": json.loads((HERE / "versions.json").read_text())}
project_copyright = "The thermalent developers, BSD 3-Clause license"
