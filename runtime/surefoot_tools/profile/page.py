"""A profile as one HTML page that needs nothing else."""

from __future__ import annotations

import os

from .model import Profile, to_json

_FILES = {
    "STYLE": "page.css",
    "PAGE": "page.js",
    "TIMELINE": "timeline.js",
    "TABLES": "tables.js",
}
_HERE = os.path.dirname(os.path.abspath(__file__))


def render(profile: Profile) -> str:
    """Return the page: template, style and scripts with the profile's JSON in them.

    The scripts put the data in as text, never as markup; what is left is that the JSON must not end
    its script element, so every < in it is escaped.
    """
    data = to_json(profile, indent=None)
    for character in "<>&\u2028\u2029":
        data = data.replace(character, f"\\u{ord(character):04x}")
    parts = {"DATA": data, **{part: _read(name) for part, name in _FILES.items()}}
    page = _read("page.html")
    before, *rest = page.split("@@")
    # Parts alternate: a name, then text. Nothing that is put in is looked at again.
    return before + "".join(
        parts[part] if index % 2 == 0 else part for index, part in enumerate(rest)
    )


def _read(name: str) -> str:
    with open(os.path.join(_HERE, name), encoding="utf-8") as file:
        return file.read()
