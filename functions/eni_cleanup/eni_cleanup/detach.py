"""Taking functions out of their VPC, so that Lambda releases the interfaces.

Sources: "UpdateFunctionConfiguration" and "GetFunctionConfiguration", AWS Lambda API Reference;
"Lambda function states", AWS Lambda Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from surefoot.kit.refusal import refusal

from .aws import AwsCaller
from .interfaces import NetworkConfig, network_configs, network_configs_of

POLL_S = 2.0
# Leaving VpcConfig out would change nothing; the lists must be there, and empty.
_NO_VPC = {"SubnetIds": [], "SecurityGroupIds": [], "Ipv6AllowedForDualStack": False}


class DetachFailed(RuntimeError):
    """Lambda could not take a function out of its VPC."""


def detach_functions(caller: AwsCaller, names: Iterable[str]) -> frozenset[NetworkConfig]:
    """Take functions out of their VPCs and return the pairs that they had, once all are out.

    A function that does not exist has no pairs. One that is out already has those it was noted
    with: an earlier invocation did the work and died, or an earlier Delete failed.

    :raises DetachFailed: an update failed
    :raises OutOfTime: not all are out yet; repeat it
    """
    had: set[NetworkConfig] = set()
    updated: dict[str, bool] = {}
    for name in names:
        config = get_config(caller, name)
        if config is not None:
            had |= current_or_tagged_configs(caller, config)
            updated[name] = _begin_detaching(caller, name, config)
    for name, by_us in updated.items():
        _wait_until_detached(caller, name, by_us=by_us)
    return frozenset(had)


def get_config(caller: AwsCaller, name: str) -> Mapping[str, Any] | None:
    """Return the configuration of a function, None when there is no such function."""
    client = caller.client("lambda")
    try:
        config: Mapping[str, Any] = caller.call(
            "lambda", "lambda", client.get_function_configuration, FunctionName=name
        )
    except Exception as error:
        if _error_code(error) == "ResourceNotFoundException":
            return None
        raise
    return config


def current_or_tagged_configs(
    caller: AwsCaller, config: Mapping[str, Any]
) -> frozenset[NetworkConfig]:
    """Return the pairs of a function, or those it had before it was detached."""
    return network_configs_of(config.get("VpcConfig")) or read_network_tags(
        caller, config["FunctionArn"]
    )


def _begin_detaching(caller: AwsCaller, name: str, config: Mapping[str, Any]) -> bool:
    """Begin to take a function out of its VPC; False when it is not in one."""
    if not network_configs_of(config.get("VpcConfig")):
        return False
    vpc = config["VpcConfig"]
    # Tag first, then update, so that a crash in between is recoverable.
    write_network_tags(caller, config["FunctionArn"], vpc["SubnetIds"], vpc["SecurityGroupIds"])
    _update(caller, name)
    return True


def _update(caller: AwsCaller, name: str) -> None:
    client = caller.client("lambda")
    while True:
        try:
            caller.call(
                "lambda",
                "lambda",
                client.update_function_configuration,
                FunctionName=name,
                VpcConfig=_NO_VPC,
            )
        except Exception as error:
            if _error_code(error) == "ResourceNotFoundException":
                return
            # Another update is under way; ours has its turn after it.
            if _error_code(error) != "ResourceConflictException":
                raise
            caller.last_error = str(refusal(error, "lambda"))
        else:
            return
        caller.pause(POLL_S)


def _wait_until_detached(caller: AwsCaller, name: str, *, by_us: bool) -> None:
    """Wait until a function is out: a deletion in the middle of the update would undo it."""
    while (config := get_config(caller, name)) is not None:
        status = config.get("LastUpdateStatus", "Successful")
        # An older update's failure does not matter here.
        if status == "Failed" and by_us:
            raise DetachFailed(
                f"Lambda could not take the function {name} out of its VPC "
                f"({config.get('LastUpdateStatusReasonCode', 'no code')}: "
                f"{config.get('LastUpdateStatusReason', 'no reason')}); correct what it names, its "
                "role's permissions most likely, then delete the stack again"
            )
        if status != "InProgress" and not network_configs_of(config.get("VpcConfig")):
            return
        caller.pause(POLL_S)


def _error_code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


_SUBNETS = "eni-cleanup:subnets"
_GROUPS = "eni-cleanup:groups"
_IDS_IN_A_TAG = 10  # of 24 characters and a blank


def write_network_tags(
    caller: AwsCaller, arn: str, subnets: Sequence[str], groups: Sequence[str]
) -> None:
    """Note the subnets and groups on the function `arn`."""
    client = caller.client("lambda")
    tags = {**_tags(_SUBNETS, subnets), **_tags(_GROUPS, groups)}
    caller.call("lambda", "lambda", client.tag_resource, Resource=arn, Tags=tags)


def read_network_tags(caller: AwsCaller, arn: str) -> frozenset[NetworkConfig]:
    """Return the pairs that are noted on the function `arn`, none without a note."""
    client = caller.client("lambda")
    tags = caller.call("lambda", "lambda", client.list_tags, Resource=arn).get("Tags", {})
    return network_configs(_ids(tags, _SUBNETS), _ids(tags, _GROUPS))


def _tags(name: str, ids: Sequence[str]) -> dict[str, str]:
    parts = [ids[at : at + _IDS_IN_A_TAG] for at in range(0, len(ids), _IDS_IN_A_TAG)]
    return {f"{name}:{number}": " ".join(part) for number, part in enumerate(parts, start=1)}


def _ids(tags: Mapping[str, str], name: str) -> list[str]:
    return [
        each for key, value in tags.items() if key.startswith(f"{name}:") for each in value.split()
    ]
