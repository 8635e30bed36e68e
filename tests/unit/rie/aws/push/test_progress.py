"""How a push is shown, on a terminal and elsewhere."""

from __future__ import annotations

import io
from typing import Any

import pytest

from rie.aws.push.progress import LARGE_BYTES, Progress, size


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def event(status: str, current: int | None = None, total: int = 0, layer: str = "aa") -> Any:
    detail = {} if current is None else {"current": current, "total": total}
    return {"status": status, "progressDetail": detail, "id": layer}


PUSH = [
    {"status": "The push refers to repository [x]"},
    event("Preparing"),
    event("Waiting"),
    event("Pushing", 500, 2000),
    event("Pushing", 2512, 2000),
    event("Pushed"),
    event("Layer already exists", layer="bb"),
    event("Mounted from other", layer="cc"),
    {"status": "v1: digest: sha256:1 size: 1"},
]


def shown(stream: io.StringIO, events: list[Any], **environ: str) -> str:
    progress = Progress(stream, {"TERM": "xterm", **environ})
    for each in events:
        progress.update(each)
    progress.close()
    return stream.getvalue()


def test_elsewhere_each_layer_has_a_line_when_it_ends() -> None:
    text = shown(io.StringIO(), PUSH)
    assert text == "  aa pushed, 2.0 kB\n  bb there already\n  cc there already\n"


def test_elsewhere_a_large_layer_has_a_line_for_each_quarter() -> None:
    steps = [event("Pushing", LARGE_BYTES * part // 8, LARGE_BYTES) for part in range(9)]
    lines = shown(io.StringIO(), steps).splitlines()
    assert len(lines) == 4
    assert lines[1] == "  aa [============            ] 16.8 MB of 33.6 MB"


def test_a_new_attempt_is_told_once_and_counted() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    before = progress.moved
    for seconds in (3, 2, 1):
        progress.update(event(f"Retrying in {seconds} seconds"))
    assert stream.getvalue() == "  aa trying again\n"
    assert (progress.retries, progress.moved) == (1, before)


def test_a_terminal_shows_layers_in_place_and_keeps_the_finished() -> None:
    text = shown(Terminal(), PUSH)
    assert "  aa [======                  ] 500 B of 2.0 kB\n" in text
    assert "\033[1F\033[J\033[32m  aa pushed, 2.0 kB\033[0m\n" in text
    assert text.endswith("\033[36m  cc there already\033[0m\n")


def test_no_color_leaves_the_colours_out_only() -> None:
    text = shown(Terminal(), PUSH, NO_COLOR="1")
    assert "\033[1F\033[J  aa pushed, 2.0 kB\n" in text
    assert "\033[3" not in text


def test_a_terminal_that_cannot_move_gets_plain_lines() -> None:
    text = shown(Terminal(), PUSH, TERM="dumb", NO_COLOR="1")
    assert text == "  aa pushed, 2.0 kB\n  bb there already\n  cc there already\n"


def test_a_push_that_failed_leaves_no_half_line() -> None:
    assert shown(Terminal(), PUSH[:4]).endswith("\033[1F\033[J")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (12_000_000, "12.0 MB"), (3 * 10**9, "3.00 GB")],
)
def test_sizes_are_for_people(count: int, text: str) -> None:
    assert size(count) == text
