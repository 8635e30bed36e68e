"""The steps that change nothing: synth and diff."""

from __future__ import annotations

import re
from typing import Any

from cdk_deploy import assembly
from cdk_deploy.errors import CommandFailed, OutOfTime
from cdk_deploy.job import Job
from cdk_deploy.program import Ran

_DIFFERENT = re.compile(r"Number of stacks with differences: (\d+)")
_TAIL_LINES = 5
_TAIL_CHARACTERS = 1000


def synth(job: Job) -> dict[str, Any]:
    """Return the stack's template."""
    ran, space = job.run_cdk()
    check(job, ran)
    template = assembly.template(space.out, job.request.stack)
    return {"done": True, "template": template}


def diff(job: Job) -> dict[str, Any]:
    """Return what the CDK shows of the differences, and whether there are any."""
    ran, _ = job.run_cdk()
    check(job, ran)
    text = "\n".join(ran.lines)
    found = _DIFFERENT.search(text)
    if found is None:
        raise CommandFailed(
            "the CDK did not say how many stacks differ", "use the version that package.json pins"
        )
    return {"done": True, "changed": found[1] != "0", "diff": text.strip()}


def check(job: Job, ran: Ran) -> None:
    """Raise OutOfTime or CommandFailed for a command that did not end well."""
    if ran.ended:
        raise OutOfTime(
            f"the CDK's {job.request.step} took too long and was ended before CloudFormation began",
            "give the function a longer time-out, or more memory, which is speed",
        )
    if ran.status:
        told = [line for line in ran.lines if line][-_TAIL_LINES:]
        raise CommandFailed(
            f"cdk {job.request.step} ended with status {ran.status}: "
            + "\n".join(told)[-_TAIL_CHARACTERS:],
            "the whole of it is in the log",
        )
