"""A push, layer by layer: what the engine's events mean, and how they are shown.

On a terminal each layer under way has a bar, and finished ones stay above them. Elsewhere there is
a line per finished layer and per quarter of a large one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from rich import progress as rich_progress
from rich.text import Text

from rie.console import format_size, open_console
from rie.untrusted_text import strip_control_characters

LARGE_BYTES = 32 * 1024**2
# What the engine's status begins with → our state.
_STATES = (
    ("Preparing", "waiting"),
    ("Waiting", "waiting"),
    ("Pushing", "pushing"),
    ("Pushed", "pushed"),
    ("Layer already exists", "exists already"),
    ("Mounted from", "exists already"),
    ("Retrying in", "retrying"),
)
_FINISHED = {"pushed": "green", "exists already": "cyan"}


@dataclass
class Layer:
    """One layer; `sent` and `total` in bytes, uncompressed, as the engine counts."""

    id: str
    state: str = "waiting"
    sent: int = 0
    total: int = 0

    @property
    def fraction(self) -> float:
        """The share that was sent, from 0 to 1."""
        return min(1.0, self.sent / self.total) if self.total else 0.0

    def __str__(self) -> str:
        if self.state == "pushing":
            sent = format_size(min(self.sent, self.total))
            return f"  {self.id} {self.fraction:.0%}: {sent} of {format_size(self.total)}"
        length = f", {format_size(self.total)}" if self.state == "pushed" and self.total else ""
        return f"  {self.id} {self.state}{length}"


class PushProgress:
    """The state of a push, fed with the engine's events and shown on `stream` as it changes.

    `moved` is when bytes were last sent or a layer ended, on time.monotonic's clock; `retries`
    counts the engine's own new attempts at a layer.
    """

    def __init__(self, stream: TextIO, environ: Mapping[str, str] = os.environ) -> None:
        self.layers: dict[str, Layer] = {}
        self.moved = time.monotonic()
        self.retries = 0
        self._console = open_console(stream, environ)
        self._tasks: dict[str, rich_progress.TaskID] = {}
        self._bars: rich_progress.Progress | None = None
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._bars = rich_progress.Progress(
                rich_progress.TextColumn("  {task.description}"),
                rich_progress.BarColumn(bar_width=24),
                rich_progress.DownloadColumn(),
                console=self._console,
                transient=True,
            )
            self._bars.start()

    def update(self, event: Mapping[str, Any]) -> None:
        """Take in one event of the engine; those that concern no layer change nothing."""
        state = _state(str(event.get("status", "")))
        if "id" not in event or not state:
            return
        name = strip_control_characters(str(event["id"]))
        layer = self.layers.setdefault(name, Layer(name))
        before = Layer(name, layer.state, layer.sent, layer.total)
        detail = event.get("progressDetail") or {}
        layer.sent = int(detail.get("current", layer.sent))
        layer.total = int(detail.get("total", layer.total))
        layer.state = state
        if state == "retrying":
            self.retries += before.state != state
        elif (before.state, before.sent) != (state, layer.sent):
            self.moved = time.monotonic()
        if self._bars is not None:
            self._draw(self._bars, layer)
            if state in _FINISHED and before.state != state:
                self._print(layer)
        elif _is_worth_a_line(layer, before):
            self._print(layer)

    def close(self) -> None:
        """Remove the bars, so that the terminal is left with whole lines."""
        if self._bars is not None:
            self._bars.stop()

    def _draw(self, bars: rich_progress.Progress, layer: Layer) -> None:
        task = self._tasks.get(layer.id)
        if layer.state in _FINISHED:
            if task is not None:
                bars.remove_task(self._tasks.pop(layer.id))
            return
        if layer.state == "waiting":
            return
        if task is None:
            task = self._tasks[layer.id] = bars.add_task(layer.id, total=layer.total or None)
        description = layer.id if layer.state == "pushing" else f"{layer.id} {layer.state}"
        bars.update(
            task,
            description=description,
            completed=min(layer.sent, layer.total),
            total=layer.total or None,
        )

    def _print(self, layer: Layer) -> None:
        text = Text(str(layer), _FINISHED.get(layer.state, ""))
        self._console.print(text, soft_wrap=True)


def _state(status: str) -> str:
    return next((ours for theirs, ours in _STATES if status.startswith(theirs)), "")


def _is_worth_a_line(layer: Layer, before: Layer) -> bool:
    if layer.state != before.state:
        return layer.state in _FINISHED or layer.state == "retrying"
    return layer.total >= LARGE_BYTES and int(layer.fraction * 4) > int(before.fraction * 4)
