"""The drawing: a path from the function down to its target, as SVG that its text describes."""

from __future__ import annotations

from vpc_check.report.hops import DrawnHop, DrawnPath
from vpc_check.report.page.markup import Markup, tag

_ROW = 60  # height of a hop
_X = 20  # of the line's middle
_WIDTH = 372
_LETTERS = 40  # of a label in the drawing; the rest is in its tooltip
_CODE_LETTERS = 38  # capitals, of a code that fits
KINDS = {
    "function": "function",
    "dns": "name",
    "groups": "security groups",
    "subnet": "subnet",
    "table": "route table",
    "gateway": "gateway",
    "target": "target",
}
STATES = {
    "ok": "lets it pass",
    "doubtful": "may not let it pass",
    "unknown": "not known",
    "broken": "the path breaks here",
    "beyond": "not reached",
}
# What is drawn in a hop's circle, so that states differ in more than colour.
_SIGNS = {
    "ok": "M-4.5 .5 l3 3.5 6 -7",
    "doubtful": "M0 -5 v6 M0 4.2 v.6",
    "unknown": "M-3 -2.5 a3 3 0 1 1 3.4 3 v1.2 M.4 4.6 v.4",
    "broken": "M-4 -4 l8 8 M4 -4 l-8 8",
    "beyond": "M-4 0 h8",
}


def draw(path: DrawnPath, number: int) -> Markup:
    """Return one path as SVG; `number` makes its ids unique in the page."""
    height = _ROW * len(path.hops)
    title, described = f"path-{number}", f"path-{number}-text"
    rows = [_hop(hop, row, last=row == len(path.hops) - 1) for row, hop in enumerate(path.hops)]
    return tag(
        "svg",
        tag("title", f"Path to {path.target}" + _from(path), id=title),
        tag("desc", describe(path), id=described),
        *rows,
        viewBox=f"0 0 {_WIDTH} {height}",
        width=_WIDTH,
        height=height,
        role="img",
        aria_labelledby=f"{title} {described}",
        class_="path",
    )


def describe(path: DrawnPath) -> str:
    """Return the drawing in words: each hop with its state and codes."""
    return "; ".join(
        f"{_kind(hop)} {hop.label}: {STATES[hop.state]}"
        + (f" ({', '.join(hop.codes)})" if hop.codes else "")
        for hop in path.hops
    )


def _from(path: DrawnPath) -> str:
    return f" from {path.subnet}" if path.subnet else ""


def _hop(hop: DrawnHop, row: int, *, last: bool) -> Markup:
    y = row * _ROW + 24
    below = "" if last else _line(hop, y)
    return tag(
        "g",
        tag("title", f"{_kind(hop)}: {hop.label}, {STATES[hop.state]}"),
        below,
        tag("circle", cx=_X, cy=y, r=12, class_="dot"),
        tag("path", d=_SIGNS[hop.state], transform=f"translate({_X} {y})", class_="sign"),
        tag("text", _kind(hop), x=_X + 26, y=y - 4, class_="kind"),
        tag("text", _short(hop.label), x=_X + 26, y=y + 13, class_="label"),
        _codes(hop, y) if hop.codes else "",
        class_=f"hop {hop.state}",
    )


def _kind(hop: DrawnHop) -> str:
    return KINDS[hop.kind] + (f" · {hop.detail}" if hop.detail else "")


def _line(hop: DrawnHop, y: int) -> Markup:
    cut = hop.state in ("broken", "beyond")
    return tag("line", x1=_X, y1=y + 13, x2=_X, y2=y + _ROW - 13, class_="cut" if cut else "way")


def _codes(hop: DrawnHop, y: int) -> Markup:
    """The first code and the number of others; a long one is squeezed into the drawing."""
    more = f" +{len(hop.codes) - 1}" if len(hop.codes) > 1 else ""
    shown = hop.codes[0] + more
    long = len(shown) > _CODE_LETTERS
    return tag(
        "text",
        shown,
        x=_X + 26,
        y=y + 27,
        class_="codes",
        textLength=_WIDTH - _X - 26 if long else None,
        lengthAdjust="spacingAndGlyphs" if long else None,
    )


def _short(label: str) -> str:
    return label if len(label) <= _LETTERS else f"{label[: _LETTERS - 1]}…"
