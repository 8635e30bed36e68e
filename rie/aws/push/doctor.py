"""The doctor's word on an image: a callable, so that the push does not depend on how it looks."""

from __future__ import annotations

from collections.abc import Callable

from rie.aws.push.blockers import PushBlocker
from rie.errors import UserError

Doctor = Callable[[str], list[PushBlocker]]
"""From an image's name to what it would stumble on; nothing if it may run on Lambda."""


def examine(image: str) -> list[PushBlocker]:
    """What `surefoot doctor` calls errors in `image`. Raises UserError if it cannot look at it."""
    from surefoot.doctor.inspect import inspect_image
    from surefoot.profile.problem import Problem

    try:
        result = inspect_image(image)
    except Problem as problem:
        raise UserError(
            f"the doctor cannot look at {image}: {problem.reason}", problem.remedy
        ) from problem
    return [
        PushBlocker(
            f"{_place(judged.finding.path)}{judged.finding.message} ({judged.finding.code})",
            judged.finding.remedy,
        )
        for judged in result.findings
        if judged.severity == "error"
    ]


def _place(path: str) -> str:
    return f"{path}: " if path else ""
