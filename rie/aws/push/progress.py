"""A push, layer by layer: what the engine's events mean, and how they are shown.

On a terminal the layers under way have a line each, rewritten in place, and finished ones stay
above them. Elsewhere there is a line per finished layer and per quarter of a large one.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from rie.console import colours, paint

LARGE_BYTES = 32 * 1024**2
_REDRAW_S = 0.1
_BAR = 24
# The engine's words, whole or from their start → ours.
_STATES = (
    ("Preparing", "waiting"),
    ("Waiting", "waiting"),
    ("Pushing", "pushing"),
    ("Pushed", "pushed"),
    ("Layer already exists", "there already"),
    ("Mounted from", "there already"),
    ("Retrying in", "trying again"),
)
_FINISHED = {"pushed": "green", "there already": "cyan"}


@dataclass
class Layer:
    """One layer on its way; `sent` and `total` in bytes, uncompressed, as the engine counts."""

    id: str
    state: str = "waiting"
    sent: int = 0
    total: int = 0

    @property
    def part(self) -> float:
        """From 0 to 1."""
        return min(1.0, self.sent / self.total) if self.total else 0.0

    def __str__(self) -> str:
        if self.state == "pushing":
            filled = round(self.part * _BAR)
            bar = "=" * filled + " " * (_BAR - filled)
            return f"  {self.id} [{bar}] {size(min(self.sent, self.total))} of {size(self.total)}"
        length = f", {size(self.total)}" if self.state == "pushed" and self.total else ""
        return f"  {self.id} {self.state}{length}"


class Progress:
    """The state of a push, fed with events and shown on `stream` as it changes.

    `moved` is when bytes last got through or a layer ended, on time.monotonic's clock; `retries`
    counts the engine's own new attempts at a layer.
    """

    def __init__(self, stream: TextIO, environ: Mapping[str, str] = os.environ) -> None:
        self.layers: dict[str, Layer] = {}
        self.moved = time.monotonic()
        self.retries = 0
        self._stream = stream
        self._live = stream.isatty() and environ.get("TERM", "dumb") != "dumb"
        self._coloured = colours(stream, environ)
        self._drawn = 0  # lines under way that stand on the terminal
        self._redraw = 0.0

    def update(self, event: Mapping[str, Any]) -> None:
        """Take in one event of the engine; those that speak of no layer change nothing."""
        state = _state(str(event.get("status", "")))
        if "id" not in event or not state:
            return
        layer = self.layers.setdefault(event["id"], Layer(event["id"]))
        before = (layer.state, layer.sent, int(layer.part * 4))
        detail = event.get("progressDetail") or {}
        layer.sent = int(detail.get("current", layer.sent))
        layer.total = int(detail.get("total", layer.total))
        layer.state = state
        if layer.state == "trying again":
            self.retries += before[0] != layer.state
        elif before[:2] != (layer.state, layer.sent):
            self.moved = time.monotonic()
        if self._live:
            self._draw(layer, changed=before[0] != state)
        elif _worth_a_line(layer, before[0], before[2]):
            self._write(f"{self._painted(layer)}\n")

    def close(self) -> None:
        """Leave the terminal with whole lines; what is under way when a push fails goes."""
        self._write(self._rewound())
        self._drawn = 0

    def _draw(self, layer: Layer, *, changed: bool) -> None:
        now = time.monotonic()
        if now < self._redraw and not changed:
            return
        self._redraw = now + _REDRAW_S
        width = shutil.get_terminal_size().columns - 1
        lines = [str(each)[:width] for each in self.layers.values() if _under_way(each)]
        finished = changed and layer.state in _FINISHED
        above = f"{self._painted(layer)}\n" if finished else ""
        self._write(self._rewound() + above + "".join(f"{line}\n" for line in lines))
        self._drawn = len(lines)

    def _painted(self, layer: Layer) -> str:
        style = _FINISHED.get(layer.state)
        return paint(str(layer), style, enabled=self._coloured) if style else str(layer)

    def _rewound(self) -> str:
        """Back over the lines under way, and clear to the end of the screen."""
        return f"\033[{self._drawn}F\033[J" if self._drawn else ""

    def _write(self, text: str) -> None:
        if text:
            self._stream.write(text)
            self._stream.flush()


def size(count: int) -> str:
    """`count` bytes for people: 512 B, 1.5 kB, 12.0 MB (thousands, as registries count)."""
    for unit, length, form in (("GB", 10**9, ".2f"), ("MB", 10**6, ".1f"), ("kB", 1000, ".1f")):
        if count >= length:
            return f"{count / length:{form}} {unit}"
    return f"{count} B"


def _state(status: str) -> str:
    return next((ours for theirs, ours in _STATES if status.startswith(theirs)), "")


def _under_way(layer: Layer) -> bool:
    return layer.state in ("pushing", "trying again")


def _worth_a_line(layer: Layer, state: str, quarter: int) -> bool:
    if layer.state != state:
        return layer.state in _FINISHED or layer.state == "trying again"
    return layer.total >= LARGE_BYTES and int(layer.part * 4) > quarter
