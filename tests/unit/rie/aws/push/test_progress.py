"""How a push is shown, on a terminal and elsewhere."""

from __future__ import annotations

import io
from typing import Any

from rie.aws.push.progress import LARGE_BYTES, PushProgress


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
    progress = PushProgress(stream, {"TERM": "xterm", **environ})
    for each in events:
        progress.update(each)
    progress.close()
    return stream.getvalue()


def test_a_file_gets_one_line_for_each_finished_layer() -> None:
    text = shown(io.StringIO(), PUSH)
    assert text == "  aa pushed, 2.0 kB\n  bb exists already\n  cc exists already\n"


def test_a_file_gets_a_line_for_each_quarter_of_a_large_layer() -> None:
    steps = [event("Pushing", LARGE_BYTES * part // 8, LARGE_BYTES) for part in range(9)]
    lines = shown(io.StringIO(), steps).splitlines()
    assert len(lines) == 4
    assert lines[1] == "  aa 50%: 16.8 MB of 33.6 MB"


def test_a_retry_is_reported_and_counted_once() -> None:
    stream = io.StringIO()
    progress = PushProgress(stream)
    before = progress.moved
    for seconds in (3, 2, 1):
        progress.update(event(f"Retrying in {seconds} seconds"))
    assert stream.getvalue() == "  aa retrying\n"
    assert (progress.retries, progress.moved) == (1, before)


def test_a_terminal_shows_a_bar_while_a_layer_is_pushed() -> None:
    terminal = Terminal()
    progress = PushProgress(terminal, {"TERM": "xterm"})
    for each in PUSH[:4]:
        progress.update(each)
    drawn = progress._bars
    assert drawn is not None
    (task,) = drawn.tasks
    assert (task.description, task.completed, task.total) == ("aa", 500, 2000)
    progress.close()


def test_a_terminal_keeps_finished_layers_in_colour() -> None:
    text = shown(Terminal(), PUSH)
    assert "\033[32m  aa pushed, 2.0 kB\033[0m\n" in text
    assert "\033[36m  cc exists already\033[0m\n" in text


def test_no_color_removes_the_colours_only() -> None:
    text = shown(Terminal(), PUSH, NO_COLOR="1")
    assert "  aa pushed, 2.0 kB\n" in text
    assert "\033[3" not in text


def test_a_dumb_terminal_gets_plain_lines() -> None:
    text = shown(Terminal(), PUSH, TERM="dumb", NO_COLOR="1")
    assert text == "  aa pushed, 2.0 kB\n  bb exists already\n  cc exists already\n"


def test_a_failed_push_leaves_no_bar_behind() -> None:
    assert shown(Terminal(), PUSH[:4]).endswith("\033[2K")  # the bar's line, erased


def test_a_layers_name_cannot_control_the_terminal() -> None:
    text = shown(io.StringIO(), [event("Pushed", layer="a\033]0;x\007a\033[2Ja")])
    assert text == "  aaa pushed\n"
