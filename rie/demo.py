"""`make demo`: two functions under AWS's emulator, called with curl, and what they answer."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rie.console import colours, paint
from rie.errors import BenchError
from rie.paths import ROOT

NEXT = """What you can type next:
  make run FUNCTION=echo       start a function and keep it running
  make invoke                  in another terminal: post an event to it
  make test                    run every test this machine can run"""


@dataclass(frozen=True)
class Scene:
    """One function, one event, and what must be true of the answer and of the log."""

    function: str
    event: str
    title: str
    holds: Callable[[bytes, bytes, list[str]], bool]


def _echoes_its_event(event: bytes, answer: bytes, log: list[str]) -> bool:
    try:
        return bool(json.loads(answer)["event"] == json.loads(event)) and any(
            "aws.scheduler" in line for line in log
        )
    except (ValueError, KeyError, TypeError):
        return False


def _names_its_scenario(event: bytes, answer: bytes, log: list[str]) -> bool:
    scenario = f"SCENARIO: {json.loads(event)['scenario']}"
    return answer.startswith(b"Echoing request:") and scenario in log


SCENES = (
    Scene("echo", "scheduler.json", "a schedule of EventBridge fires", _echoes_its_event),
    Scene("shell", "scenario.json", "a function in bash, with jq", _names_its_scenario),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`rie demo` has no options."""


def execute(args: argparse.Namespace) -> int:
    """Play every scene; 0 when each answered as it must, else 1."""
    del args
    from rie.install import install

    started = time.monotonic()
    for tool in ("curl", "jq"):
        if shutil.which(tool) is None:
            raise BenchError(
                f"the demo needs {tool}, which is not on the PATH",
                f"install it (apt-get install {tool}, yum install {tool}, dnf install {tool}), "
                "then `make demo` again",
            )
    install()  # its progress comes before the first scene
    good = [_play(number, scene) for number, scene in enumerate(SCENES, start=1)]
    seconds = time.monotonic() - started
    if not all(good):
        print(_bold(f"The demo failed after {seconds:.1f} s: see above."))
        return 1
    print(_bold(f"Both functions answered; the demo took {seconds:.1f} s.\n"))
    print(NEXT)
    return 0


def _play(number: int, scene: Scene) -> bool:
    from rie.client import PATH
    from rie.emulator import Emulator
    from rie.function import find
    from rie.logtail import LogTail

    function = find(scene.function)
    event = function.directory / "events" / scene.event
    shown = event.relative_to(ROOT)
    print(_bold(f"{number}. functions/{scene.function}: {scene.title}"))
    with (
        LogTail() as logs,
        Emulator(function, variables={"APP_ENV": "demo"}, logs=logs.write_end) as emulator,
    ):
        url = emulator.url + PATH
        _block("request", f"curl -XPOST {url} -d @{shown}\n{event.read_text().strip()}")
        answer, cold_ms = _curl(url, event)
        lines = logs.invocation()
        _block("answer", _pretty(answer))
        _block("log", "\n".join(lines))
        _, warm_ms = _curl(url, event)
    good = scene.holds(event.read_bytes(), answer, lines)
    verdict = "as expected" if good else "NOT as expected"
    _block("time", f"first call {cold_ms:.0f} ms, runtime start included; second {warm_ms:.1f} ms")
    _block("result", paint(verdict, "green" if good else "red", enabled=colours(sys.stdout)))
    print()
    return good


def _curl(url: str, event: Path) -> tuple[bytes, float]:
    """The body of the answer, and the milliseconds that curl measured."""
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "60"]
    command += ["--write-out", "\n%{time_total}", "-XPOST", url, "-d", f"@{event}"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise BenchError(
            f"curl failed: {done.stderr.decode(errors='replace').strip()}",
            "run the function by itself and read its log: make run FUNCTION=echo",
        )
    body, _, seconds = done.stdout.rpartition(b"\n")
    return body, float(seconds) * 1000


def _pretty(answer: bytes) -> str:
    try:
        return json.dumps(json.loads(answer), indent=2, ensure_ascii=False)
    except ValueError:
        return answer.decode(errors="replace").rstrip("\n")


def _block(label: str, text: str) -> None:
    """Print `text` indented, with `label` in front of its first line."""
    for number, line in enumerate(text.splitlines()):
        margin = f"{label if number == 0 else '':>9}  "
        print(paint(margin, "cyan", enabled=colours(sys.stdout)) + line)


def _bold(text: str) -> str:
    return paint(text, "bold", enabled=colours(sys.stdout))
