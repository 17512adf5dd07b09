"""Directives of the gallery: a figure with its code and its data, and cards with small pictures.

The text of a figure stands on its page in docs/gallery; what is the same for all of them, and what
its script says of it, is put there when the site is built.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "images" / "gallery"
DATA = ROOT / "docs" / "gallery" / "data"


def says(name: str) -> str:
    """The first line of the docstring of a figure's script, which is its caption."""
    docstring = ast.get_docstring(ast.parse((ROOT / "figures" / f"{name}.py").read_text()))
    return (docstring or name).splitlines()[0]


def tables(name: str) -> list[str]:
    """The files of data of a figure: its own, and those of its parts."""
    own = DATA / f"{name}.csv"
    parts = [path for path in sorted(DATA.glob(f"{name}_*.csv")) if _owner(path.stem) == name]
    return [path.name for path in ([own] if own.is_file() else []) + parts]


def _owner(stem: str) -> str:
    """The figure whose name a file of data begins with; of several the longest."""
    names = [path.stem for path in PICTURES.glob("*.png") if f"{stem}_".startswith(f"{path.stem}_")]
    return max(names, key=len, default="")


class FigureEntry(SphinxDirective):
    """`{figure-entry} NAME`: picture, caption, the command, the code, and the data to download."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """The nodes of the directive, by Sphinx."""
        name = self.arguments[0]
        picture = PICTURES / f"{name}.png"
        if not picture.is_file():
            raise self.error(f"the figure {name} has no picture: run `make gallery`")
        self.env.note_dependency(str(picture))
        self.env.note_dependency(str(ROOT / "figures" / f"{name}.py"))
        downloads = ", ".join(f"{{download}}`{file} <data/{file}>`" for file in tables(name))
        data = (
            f"Data: {downloads}." if downloads else "It writes the data, which do not stand here."
        )
        return _parsed(
            self,
            f"""
````{{figure}} ../images/gallery/{name}.png
:alt: {says(name)}
:width: 100%

{_escaped(says(name))}
````

`python -m figures {name}` computes it in a clone of the repository. {data}

````{{dropdown}} The code, figures/{name}.py
```{{literalinclude}} ../../figures/{name}.py
```
````
""",
        )


class FigureCards(SphinxDirective):
    """`{figure-cards}`, a name per line: cards with small pictures that lead to the pages."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The nodes of the directive, by Sphinx."""
        cards = []
        for name in (line.strip() for line in self.content if line.strip()):
            title = (ROOT / "docs" / "gallery" / f"{name}.md").read_text().splitlines()[0][2:]
            cards.append(
                f":::{{grid-item-card}} {title}\n:link: gallery/{name}\n:link-type: doc\n"
                f":img-top: images/gallery/{name}.png\n:img-alt: {says(name)}\n"
                f":class-card: gallery-card\n\n`{name}`\n:::\n"
            )
        return _parsed(self, "::::{grid} 2 2 3 3\n:gutter: 2\n\n" + "\n".join(cards) + "\n::::\n")


def _escaped(text: str) -> str:
    return text.replace("|", r"\|").replace("<", r"\<").replace(">", r"\>")


def _parsed(directive: SphinxDirective, text: str) -> list[nodes.Node]:
    parent = nodes.Element()
    lines = StringList(text.splitlines(), directive.get_source_info()[0])
    directive.state.nested_parse(lines, directive.content_offset, parent)
    return list(parent.children)


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("figure-entry", FigureEntry)
    app.add_directive("figure-cards", FigureCards)
    return {"parallel_read_safe": True}
