"""Starts with and without the record, in pairs, on devices of several kinds."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rie.console import print_progress
from tests.performance.api import Api
from tests.performance.goals import Line, compare
from tests.performance.lab import Lab
from tests.performance.lazy import disk, root
from tests.performance.lazy.disk import Device, LazyDisk
from tests.performance.paired import Samples, interleave, spread, values
from tests.performance.running import Running

HANDLER = "aws.handler"
WITHOUT, WITH = "without a record", "with a record"


@dataclass(frozen=True)
class Case:
    """One row: the device, None for a plain folder in the page cache; ours over theirs at most."""

    title: str
    goal: float
    device: Device | None


CASES = (
    Case("10 ms a block", 1 / 2.5, Device(10_000)),
    Case("30 ms a block", 1 / 2.5, Device(30_000)),
    Case("1 ms a block", 1.0, Device(1_000)),
    Case("10 ms a block, one request at a time", 1.0, Device(10_000, parallel=False)),
    Case("no latency, cold page cache", 1.0, Device(0)),
    # Lambda starts nothing in a warm page cache; a developer's container does. 2 % are noise.
    Case("no latency, warm page cache", 1.02, None),
)


class Stage:
    """The tree and its two images, and who starts functions in them."""

    def __init__(self, lab: Lab, api: Api, work: Path) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self._api = api
        self._work = work
        self._program = disk.build(work / "lazydisk")
        print_progress("Laying out the tree and its images …")
        tree = root.make_tree(lab, work / "tree")
        self._images = {WITHOUT: root.make_image(tree, work / "without.img")}
        self._trees = {WITHOUT: tree, WITH: work / "sealed"}
        shutil.rmtree(self._trees[WITH], ignore_errors=True)
        shutil.copytree(tree, self._trees[WITH], symlinks=True)
        self.lines = root.seal(self._trees[WITH], HANDLER)
        self._images[WITH] = root.make_image(self._trees[WITH], work / "with.img")

    def take(self, case: Case, rounds: int) -> Samples:
        """Take interleaved samples of a case."""
        return interleave(
            case.title, rounds, {name: partial(self._start, case, name) for name in self._images}
        )

    def _start(self, case: Case, name: str) -> dict[str, float]:
        if case.device is None:
            return self._first_answer(self._trees[name])
        with LazyDisk(self._program, self._images[name], case.device, self._work) as lazy:
            sample = self._first_answer(lazy.root)
            return {**sample, **lazy.stats()}

    def _first_answer(self, tree: Path) -> dict[str, float]:
        self._api.play("{}", 1, marks=[1])
        chroot = shutil.which("chroot") or "chroot"
        command = [chroot, str(tree), "/var/runtime/bootstrap", HANDLER]
        environ = {**root.ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": self._api.address}
        with Running(command, environ, Path("/")) as process:
            mark = self._api.mark()
            wall = (mark["ns"] - process.born) / 1e6
            sample = {"wall ms": wall, "CPU ms": process.cpu_ns() / 1e6}
            self._api.release()
        return sample


def line(case: Case, samples: Samples) -> Line:
    """Compare the walls of a case's samples."""
    title = f"boto3, spawn → first answer: {case.title}"
    ours, theirs = values(samples, WITH, "wall ms"), values(samples, WITHOUT, "wall ms")
    return compare(title, case.goal, "ms", ours, theirs)


def counts(case: Case, samples: Samples) -> str:
    """Say in a sentence how the blocks came; empty where there is no device."""
    if case.device is None:
        return ""
    parts = []
    for name in (WITHOUT, WITH):
        blocks, waves, most = (
            round(spread(values(samples, name, what)).median)
            for what in ("blocks", "waves", "most")
        )
        parts.append(f"{name} {blocks} blocks in {waves} waves, up to {most} at a time")
    return f"{case.title}: {'; '.join(parts)}"
