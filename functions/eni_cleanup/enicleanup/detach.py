"""Taking functions out of their VPC, so that Lambda lets go of the interfaces.

Sources: "UpdateFunctionConfiguration" and "GetFunctionConfiguration", AWS Lambda API Reference;
"Lambda function states", AWS Lambda Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from surefoot.kit.aws_errors import AwsError

from . import memo
from .calls import Calls
from .pair import Pair, pairs_of

POLL_S = 2.0
# Leaving VpcConfig out would change nothing; the lists must be there, and empty.
_NO_VPC = {"SubnetIds": [], "SecurityGroupIds": [], "Ipv6AllowedForDualStack": False}


class DetachFailed(RuntimeError):
    """Lambda could not take a function out of its VPC."""


def functions(calls: Calls, names: Iterable[str]) -> frozenset[Pair]:
    """Take functions out of their VPCs and return the pairs that they had, once all are out.

    A function that does not exist has no pairs. One that is out already has those it was noted
    with: an earlier invocation did the work and died, or an earlier Delete failed.

    :raises DetachFailed: an update failed
    :raises OutOfTime: not all are out yet; repeat it
    """
    had: set[Pair] = set()
    updated: dict[str, bool] = {}
    for name in names:
        config = config_of(calls, name)
        if config is not None:
            had |= pairs_now_or_noted(calls, config)
            updated[name] = _begin(calls, name, config)
    for name, by_us in updated.items():
        _await(calls, name, by_us=by_us)
    return frozenset(had)


def config_of(calls: Calls, name: str) -> Mapping[str, Any] | None:
    """Return the configuration of a function, None when there is no such function."""
    client = calls.client("lambda")
    try:
        config: Mapping[str, Any] = calls.make(
            "lambda", "lambda", client.get_function_configuration, FunctionName=name
        )
    except Exception as error:
        if _code(error) == "ResourceNotFoundException":
            return None
        raise
    return config


def pairs_now_or_noted(calls: Calls, config: Mapping[str, Any]) -> frozenset[Pair]:
    """Return the pairs of a function, or those it had before it was detached."""
    return pairs_of(config.get("VpcConfig")) or memo.read(calls, config["FunctionArn"])


def _begin(calls: Calls, name: str, config: Mapping[str, Any]) -> bool:
    """Begin to take a function out of its VPC; False when it is not in one."""
    if not pairs_of(config.get("VpcConfig")):
        return False
    vpc = config["VpcConfig"]
    # First the note, then the deed: whoever is killed in between loses nothing.
    memo.write(calls, config["FunctionArn"], vpc["SubnetIds"], vpc["SecurityGroupIds"])
    _update(calls, name)
    return True


def _update(calls: Calls, name: str) -> None:
    client = calls.client("lambda")
    while True:
        try:
            calls.make(
                "lambda",
                "lambda",
                client.update_function_configuration,
                FunctionName=name,
                VpcConfig=_NO_VPC,
            )
        except Exception as error:
            if _code(error) == "ResourceNotFoundException":
                return
            # Another update is under way; ours has its turn after it.
            if _code(error) != "ResourceConflictException":
                raise
            calls.trouble = str(AwsError.from_exception(error, "lambda"))
        else:
            return
        calls.rest(POLL_S)


def _await(calls: Calls, name: str, *, by_us: bool) -> None:
    """Wait until a function is out: a deletion in the middle of the update would undo it."""
    while (config := config_of(calls, name)) is not None:
        status = config.get("LastUpdateStatus", "Successful")
        # The failure of some update long ago is no concern of ours.
        if status == "Failed" and by_us:
            raise DetachFailed(
                f"Lambda could not take the function {name} out of its VPC "
                f"({config.get('LastUpdateStatusReasonCode', 'no code')}: "
                f"{config.get('LastUpdateStatusReason', 'no reason')}); correct what it names, its "
                "role's permissions most likely, then delete the stack again"
            )
        if status != "InProgress" and not pairs_of(config.get("VpcConfig")):
            return
        calls.rest(POLL_S)


def _code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
