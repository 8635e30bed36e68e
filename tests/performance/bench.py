"""What every measure needs: the lab, the Runtime API, who runs, and how long it may take."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.performance.api import Api
from tests.performance.contenders import Contender, contenders
from tests.performance.goals import Line
from tests.performance.lab import Lab, environment
from tests.performance.paired import Samples
from tests.performance.running import Running


@dataclass
class Results:
    """Lines with verdicts, and the samples by measure for the plots."""

    lines: list[Line] = field(default_factory=list)
    samples: dict[str, Samples] = field(default_factory=dict)


class Bench:
    """Starts contenders in the lab; `quick` asks for fewer samples."""

    def __init__(self, lab: Lab, api: Api, *, quick: bool) -> None:
        self.lab = lab
        self.api = api
        self.quick = quick
        self.contenders = contenders(lab)
        # Server and client take turns, so one processor is enough for both. On two, each turn
        # wakes a sleeping one, which costs more than most clients do and differs by machine.
        processors = sorted(os.sched_getaffinity(0))
        self._here = {processors.pop()}
        self._elsewhere = set(processors)
        os.sched_setaffinity(0, self._here)
        api.move(self._here)

    @contextlib.contextmanager
    def server_apart(self) -> Iterator[bool]:
        """Have the server on other processors for a while; False where there is only one."""
        if self._elsewhere:
            self.api.move(self._elsewhere)
        yield bool(self._elsewhere)
        self.api.move(self._here)

    def rounds(self, full: int) -> int:
        """How many rounds to measure where a full run takes `full`; at least 3."""
        return max(3, full // 5) if self.quick else full

    def spawn(
        self,
        contender: Contender,
        function: str = "trivial",
        variables: Mapping[str, str] | None = None,
    ) -> Running:
        """A process of `contender` with one of the task's functions."""
        command = contender.command(self.lab, function)
        merged = {"_HANDLER": f"app.{function}", **(variables or {})}
        if contender.orjson:
            merged["PYTHONPATH"] = str(self.lab.orjson)
        return self.run(command, merged)

    def run(
        self,
        command: Sequence[str],
        variables: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Running:
        """A process of any command in the same surroundings, in the task root unless `cwd`."""
        environ = {**environment(self.lab, self.api.address), **(variables or {})}
        return Running(command, environ, cwd or self.lab.task)
