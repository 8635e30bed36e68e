"""Rows as a plain text table, for logs and terminals."""

from __future__ import annotations

from collections.abc import Sequence

_GAP = "  "


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return aligned columns under `headings`, without a trailing line end.

    Numbers stand to the right, everything else to the left; None is a dash. A cell's line ends
    become spaces, so that a row stays a line.
    """
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column), default=0) for column in zip(headings, *cells, strict=True)]
    right = [
        bool(rows) and all(isinstance(row[number], (int, float)) for row in rows)
        for number in range(len(headings))
    ]

    def line(words: Sequence[str]) -> str:
        aligned = (
            word.rjust(width) if to_right else word.ljust(width)
            for word, width, to_right in zip(words, widths, right, strict=True)
        )
        return _GAP.join(aligned).rstrip()

    return "\n".join([line(headings), line(["-" * width for width in widths]), *map(line, cells)])


def _text(cell: object) -> str:
    return "-" if cell is None else " ".join(str(cell).split())
