"""The front page as a package index shows it: links to files of the repository lead somewhere.

A package index has the text of README.md without the repository around it. If pyproject.toml names
the repository (`Repository` under `[project.urls]`), links and pictures become its addresses at the
tag of the version. While it names none, pictures and links become their words.
hatchling calls the class below for every distribution (`[tool.hatch.metadata.hooks.custom]`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

try:
    from hatchling.metadata.plugin.interface import MetadataHookInterface
except ModuleNotFoundError:  # while the tests read this file, which need no builder
    MetadataHookInterface = object  # type: ignore[assignment,misc]

# A Markdown link or picture whose target is no address and no place on the same page.
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?://|mailto:|#)([^)\s]+)\)")
_CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.DOTALL | re.MULTILINE)


def for_index(text: str, repository: str | None, version: str) -> str:
    """The text of a front page with no link that is relative.

    Args:
        text: Markdown.
        repository: Address of the repository, such as https://example.org/owner/name; None if it
            is not known.
        version: Of the distribution, whose tag is "v" and this.
    """
    address = None if repository is None else repository.rstrip("/")

    def absolute(link: re.Match[str]) -> str:
        picture, words, target = link.groups()
        if address is None:
            return f"*(picture: {words})*" if picture else words
        kind = "raw" if picture else "blob"
        return f"{picture}[{words}]({address}/{kind}/v{version}/{target.removeprefix('./')})"

    # What stands in code is no link.
    parts = _CODE.split(text)
    parts[::2] = [_LINK.sub(absolute, part) for part in parts[::2]]
    return "".join(parts)


class IndexReadme(MetadataHookInterface):
    """What hatchling asks for the description."""

    PLUGIN_NAME = "custom"

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the description."""
        root = Path(self.root)
        source = (root / "thermalent" / "_version.py").read_text(encoding="utf-8")
        found = re.search(r'__version__ = "(.*)"', source)
        if found is None:
            raise ValueError("thermalent/_version.py has no version.")
        text = (root / "README.md").read_text(encoding="utf-8")
        urls = metadata.get("urls", {})
        shown = for_index(text, urls.get("Repository"), found[1])
        metadata["readme"] = {"content-type": "text/markdown", "text": shown}
