"""Importing boto3 and making a client, with bytecode beside the modules and without.

A function cannot write bytecode on Lambda's read-only root: PYTHONDONTWRITEBYTECODE has the same
effect for a user whom no mode stops.
"""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

from tests.performance.bench import Bench, Results
from tests.performance.contenders import SUREFOOT
from tests.performance.goals import compare
from tests.performance.paired import interleave, values

SAMPLES = "bytecode"
CPU = "CPU ms"
_PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "urllib3", "six.py")


def measure(bench: Bench, results: Results) -> None:
    """Processor time of import and client, as the function itself measures it."""
    takes = {
        name: partial(_import, bench, _task(bench, name, keep=keep))
        for name, keep in (("bytecode", True), ("sources", False))
    }
    samples = interleave("boto3 with and without bytecode", bench.rounds(15), takes)
    results.samples[SAMPLES] = samples
    ours, theirs = values(samples, "bytecode", CPU), values(samples, "sources", CPU)
    title = "import boto3 + client, read-only root, against the same without bytecode"
    results.lines.append(compare(title, 0.65, "ms", ours, theirs))


def _task(bench: Bench, name: str, *, keep: bool) -> Path:
    """A task root that brings its own boto3, as functions do: links into the lab's packages."""
    target = bench.lab.task.with_name(f"task-{name}")
    shutil.rmtree(target, ignore_errors=True)
    ignore = None if keep else shutil.ignore_patterns("__pycache__")
    shutil.copytree(bench.lab.task, target, ignore=ignore)
    for package in _PACKAGES:
        source = bench.lab.site_packages / package
        if source.is_dir():
            shutil.copytree(source, target / package, ignore=ignore, copy_function=os.link)
        else:
            os.link(source, target / package)
    if keep:
        shutil.copytree(
            bench.lab.site_packages / "__pycache__", target / "__pycache__", dirs_exist_ok=True
        )
    return target


def _import(bench: Bench, task: Path) -> dict[str, float]:
    bench.api.play("{}", 1, marks=[1])
    command = [*bench.contenders[SUREFOOT].command(bench.lab, "")[:-1], "aws.handler"]
    variables = {"PYTHONDONTWRITEBYTECODE": "1", "LAMBDA_TASK_ROOT": str(task)}
    with bench.run(command, variables, cwd=task):
        cost = int(bench.api.mark()["body"])
        bench.api.release()
    return {CPU: cost / 1e6}
