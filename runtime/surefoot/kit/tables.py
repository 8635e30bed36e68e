"""Rows as a plain text table, for logs and terminals."""

from __future__ import annotations

from collections.abc import Sequence

_GAP = "  "


def format_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return aligned columns under `headings`, without a final newline.

    Columns of numbers are aligned right, all others left; None is a dash. Line ends in a cell
    become spaces, so that a row is one line.
    """
    cells = [[_cell_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column), default=0) for column in zip(headings, *cells, strict=True)]
    numeric = [
        bool(rows) and all(isinstance(row[column], (int, float)) for row in rows)
        for column in range(len(headings))
    ]

    def line(words: Sequence[str]) -> str:
        aligned = (
            word.rjust(width) if is_numeric else word.ljust(width)
            for word, width, is_numeric in zip(words, widths, numeric, strict=True)
        )
        return _GAP.join(aligned).rstrip()

    return "\n".join([line(headings), line(["-" * width for width in widths]), *map(line, cells)])


def _cell_text(cell: object) -> str:
    return "-" if cell is None else " ".join(str(cell).split())
