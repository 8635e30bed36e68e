"""HTML and SVG from Python values; what is not Markup is escaped."""

from __future__ import annotations

from html import escape

from vpc_check.safe_text import clean

_VOID = frozenset({"meta", "br", "hr", "path", "line", "circle", "rect"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Return an element. `class_` is class, other `_` are dashes; None leaves an attribute out."""
    written = "".join(
        f' {_attribute(key)}="{escape(clean(str(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Markup(
            f"<{name}{written}>" if name in ("meta", "br", "hr") else f"<{name}{written}/>"
        )
    return Markup(f"<{name}{written}>{''.join(map(_text, children))}</{name}>")


def join(*parts: object) -> Markup:
    """Put parts behind each other."""
    return Markup("".join(map(_text, parts)))


def _attribute(key: str) -> str:
    # SVG's viewBox keeps its letters; Python's names have no dashes and no class.
    return key.rstrip("_").replace("_", "-")


def _text(part: object) -> str:
    return part if isinstance(part, Markup) else escape(clean(str(part)))
