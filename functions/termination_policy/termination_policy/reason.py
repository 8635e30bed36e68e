"""An error as one clause of a log line."""

from __future__ import annotations

from termination_policy.errors import Doubt


def reason(error: BaseException) -> str:
    """Say what went wrong, and for a refused call what to do about it."""
    if isinstance(error, Doubt):
        return str(error)
    if type(error).__module__.startswith("botocore"):
        from surefoot.kit.aws_errors import AwsError

        return str(AwsError.from_exception(error))
    return f"{type(error).__name__}: {error}"
