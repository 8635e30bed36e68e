"""One demo: posts events with curl and prints requests, answers and logs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rie.console import make_styler
from rie.emulator.background import BackgroundEmulator
from rie.emulator.settings import FunctionSettings
from rie.errors import UserError
from rie.function import Function, find
from rie.local.client import PATH
from rie.local.official_rie import LogTail
from rie.paths import ROOT
from rie.untrusted_text import strip_control_characters


@dataclass(frozen=True)
class Response:
    """The body of an answer, what was logged meanwhile, and the milliseconds curl measured."""

    body: bytes
    log: list[str]
    milliseconds: float

    @property
    def json(self) -> Any:
        """The answer as an object; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass
class Demo:
    """A function, and what is printed about it to stdout."""

    name: str
    function: Function = field(init=False)
    _url: str = ""
    _logs: LogTail | None = None

    def __post_init__(self) -> None:
        self.function = find(self.name)

    @contextmanager
    def started(self, variables: Mapping[str, str]) -> Iterator[None]:
        """Run the function under the emulator."""
        settings = FunctionSettings(self.function, variables=variables)
        with (
            LogTail() as self._logs,
            BackgroundEmulator([settings], logs=self._logs.write_end) as emulator,
        ):
            self._url = emulator.url + PATH
            self.block("console", f"{emulator.url}/")
            yield

    def post(self, event: str, *, show: bool = True) -> Response:
        """Post a file of the function's events, or JSON; the request is shown."""
        if event.endswith(".json"):
            path = self.function.directory / "events" / event
            given, shown = f"@{path}", f"@{path.relative_to(ROOT)}\n{path.read_text().strip()}"
        else:
            given, shown = event, f"'{event}'"
        if show:
            self.block("request", f"curl -XPOST {self._url} -d {shown}")
        body, milliseconds = _curl(self._url, given)
        assert self._logs is not None  # noqa: S101  (started() made it)
        return Response(body, self._logs.invocation(), milliseconds)

    def answer(self, reply: Response) -> None:
        """Show an answer, indented if it is JSON."""
        text = reply.body.decode(errors="replace").rstrip("\n")
        value = reply.json
        self.block("answer", text if value is None else json.dumps(value, indent=2))

    def block(self, label: str, text: str) -> None:
        """Print `text` indented, with `label` in front of its first line."""
        for number, line in enumerate(text.splitlines()):
            margin = f"{label if number == 0 else '':>9}  "
            print(make_styler(sys.stdout)(margin, "cyan") + strip_control_characters(line))

    def verdict(self, good: bool) -> None:
        """Print whether everything was as expected."""
        word = "as expected" if good else "NOT as expected"
        colour = "green" if good else "red"
        print(f"   {make_styler(sys.stdout)(f'result  {word}', colour)}")
        print()


def _curl(url: str, event: str) -> tuple[bytes, float]:
    command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "60"]
    command += ["--write-out", "\n%{time_total}", "-XPOST", url, "-d", event]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise UserError(
            f"curl failed: {done.stderr.decode(errors='replace').strip()}",
            "run the function by itself and read its log: make run FUNCTION=echo",
        )
    body, _, seconds = done.stdout.rpartition(b"\n")
    return body, float(seconds) * 1000
