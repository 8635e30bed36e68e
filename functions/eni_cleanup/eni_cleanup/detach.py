"""Taking functions out of their VPC, so that Lambda releases the interfaces.

Sources: "UpdateFunctionConfiguration" and "GetFunctionConfiguration", AWS Lambda API Reference;
"Lambda function states", AWS Lambda Developer Guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from surefoot.kit.aws_errors import AwsError
from surefoot.kit.errors import UserError

from .aws import AwsCaller, OutOfTime
from .interfaces import NetworkConfig, network_configs, network_configs_of
from .versions import delete_version, find_versions

POLL_S = 2.0
# Leaving VpcConfig out would change nothing; the lists must be there, and empty.
_NO_VPC = {"SubnetIds": [], "SecurityGroupIds": [], "Ipv6AllowedForDualStack": False}


class DetachFailed(UserError):
    """Lambda could not take a function out of its VPC."""


class ForeignFunction(UserError):
    """An ARN of another account or region, where this function changes nothing."""


@dataclass(frozen=True)
class Detachment:
    """`configs` are what the functions of `names` have or had; `left` has why others were not
    detached, by the name or ARN that was given.
    """

    names: tuple[str, ...]
    configs: frozenset[NetworkConfig]
    left: Mapping[str, str]


def detach_functions(
    caller: AwsCaller,
    functions: Iterable[str],
    *,
    only: Callable[[str], str] = lambda _: "",
    versions: bool = False,
) -> Detachment:
    """Take functions out of their VPCs, and return once all are out.

    A function that does not exist has no configurations. One that is out already has those in its
    tags: an earlier invocation detached it and died, or an earlier Delete failed. One that Lambda
    refuses to change, as with an EFS access point, is left as it is: its deletion then takes as
    long as it would without us.

    Published versions keep the VPC they were published with, and cannot be changed. With `versions`
    those of the functions are deleted, with aliases that point at them: only where the functions
    are about to be deleted themselves.

    :param only: returns why a function, by its name, must not be detached, or an empty text
    :raises OutOfTime: not all are out yet; repeat it
    """
    had: set[NetworkConfig] = set()
    updated: dict[str, tuple[str, bool]] = {}
    published: dict[str, list[str]] = {}  # versions in a VPC, by the function's ARN
    left: dict[str, str] = {}
    for function in dict.fromkeys(functions):
        try:
            config = get_config(caller, function)
            if config is None:
                continue
            if why := only(config["FunctionName"]):
                left[function] = why
                continue
            arn = config["FunctionArn"]
            in_vpc = find_versions(caller, arn) if versions else {}
            configs = _all_configs(caller, config, in_vpc)
            updated[function] = (arn, _begin_detaching(caller, arn, config, in_vpc))
            published[arn] = [*in_vpc]
            had |= configs
        except Exception as error:
            left[function] = _permanent_reason(error)
    for function, (arn, by_us) in list(updated.items()):
        try:
            _wait_until_detached(caller, arn, by_us=by_us)
        except Exception as error:
            left[function] = _permanent_reason(error)
            del updated[function]
    names = dict.fromkeys(arn.rpartition(":")[2] for arn, _ in updated.values())
    for arn, _ in updated.values():
        name = arn.rpartition(":")[2]
        for version in published[arn]:
            if why := delete_version(caller, arn, version):
                left[f"{name}:{version}"] = why
            else:
                names[f"{name}:{version}"] = None
    return Detachment(tuple(names), frozenset(had), left)


def _permanent_reason(error: Exception) -> str:
    """Say why a function is left alone; raises the error again if it is not AWS's last word."""
    if isinstance(error, (DetachFailed, ForeignFunction)):
        return str(error)
    if isinstance(error, OutOfTime) or not isinstance(getattr(error, "response", None), dict):
        raise error
    return str(AwsError.from_exception(error, "lambda"))


def get_config(caller: AwsCaller, function: str) -> Mapping[str, Any] | None:
    """Return the configuration of a function, None when there is no such function.

    :param function: a name, or an unqualified ARN: then of exactly that function
    :raises ForeignFunction: it is of another account or region
    """
    is_arn = function.startswith("arn:")
    if is_arn and function.split(":")[4] != caller.account():
        raise ForeignFunction(
            f"{function} is of account {function.split(':')[4]}, and this function works in "
            f"{caller.account()}",
            "deploy it there, too",
        )
    client = caller.client("lambda")
    try:
        config: Mapping[str, Any] = caller.call(
            "lambda", "lambda", client.get_function_configuration, FunctionName=function
        )
    except Exception as error:
        if _error_code(error) == "ResourceNotFoundException":
            return None
        raise
    if is_arn and config["FunctionArn"] != function:
        raise ForeignFunction(
            f"{function} is not {config['FunctionArn']}, the function of that name here",
            "deploy this function in that region, too",
        )
    return config


def current_or_tagged_configs(
    caller: AwsCaller, config: Mapping[str, Any]
) -> frozenset[NetworkConfig]:
    """Return the pairs of a function, or those it had before it was detached."""
    return network_configs_of(config.get("VpcConfig")) or read_network_tags(
        caller, config["FunctionArn"]
    )


def _all_configs(
    caller: AwsCaller, config: Mapping[str, Any], versions: Mapping[str, Any]
) -> frozenset[NetworkConfig]:
    """Return the pairs of a function and its versions, and those it had before."""
    found = current_or_tagged_configs(caller, config)
    if versions:
        found |= read_network_tags(caller, config["FunctionArn"])
    return found.union(*map(network_configs_of, versions.values()))


def _begin_detaching(
    caller: AwsCaller, arn: str, config: Mapping[str, Any], versions: Mapping[str, Any]
) -> bool:
    """Begin to take a function out of its VPC; False when it is not in one."""
    vpcs = [config.get("VpcConfig") or {}, *versions.values()]
    # Those of a version that is deleted, or changed, can be read nowhere else afterwards. Tag
    # first, so that a crash in between is recoverable.
    pairs = {
        (tuple(vpc.get("SubnetIds", ())), tuple(vpc.get("SecurityGroupIds", ()))): None
        for vpc in vpcs
        if network_configs_of(vpc)
    }
    for number, (subnets, groups) in enumerate(pairs, start=1):
        write_network_tags(caller, arn, subnets, groups, number)
    if not network_configs_of(config.get("VpcConfig")):
        return False
    _update(caller, arn)
    return True


def _update(caller: AwsCaller, arn: str) -> None:
    client = caller.client("lambda")
    while True:
        try:
            caller.call(
                "lambda",
                "lambda",
                client.update_function_configuration,
                FunctionName=arn,
                VpcConfig=_NO_VPC,
            )
        except Exception as error:
            if _error_code(error) == "ResourceNotFoundException":
                return
            # Another update is under way; ours has its turn after it.
            if _error_code(error) != "ResourceConflictException":
                raise
            caller.last_error = str(AwsError.from_exception(error, "lambda"))
        else:
            return
        caller.pause(POLL_S)


def _wait_until_detached(caller: AwsCaller, arn: str, *, by_us: bool) -> None:
    """Wait until a function is out: a deletion in the middle of the update would undo it."""
    while (config := get_config(caller, arn)) is not None:
        status = config.get("LastUpdateStatus", "Successful")
        # An older update's failure does not matter here.
        if status == "Failed" and by_us:
            raise DetachFailed(
                f"Lambda could not take the function {arn.rpartition(':')[2]} out of its VPC "
                f"({config.get('LastUpdateStatusReasonCode', 'no code')}: "
                f"{config.get('LastUpdateStatusReason', 'no reason')})",
                "correct what it names, its role's permissions most likely",
            )
        if status != "InProgress" and not network_configs_of(config.get("VpcConfig")):
            return
        caller.pause(POLL_S)


def _error_code(error: Exception) -> str:
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


_IDS_IN_A_TAG = 10  # of 24 characters and a blank
_TAG = re.compile(r"eni-cleanup(?:-(\d+))?:(subnets|groups):\d+")


def write_network_tags(
    caller: AwsCaller, arn: str, subnets: Sequence[str], groups: Sequence[str], number: int = 1
) -> None:
    """Note subnets and groups on the function `arn`.

    :param number: counts the different VpcConfigs of a function and its versions
    """
    client = caller.client("lambda")
    tags = {**_tags("subnets", subnets, number), **_tags("groups", groups, number)}
    caller.call("lambda", "lambda", client.tag_resource, Resource=arn, Tags=tags)


def read_network_tags(caller: AwsCaller, arn: str) -> frozenset[NetworkConfig]:
    """Return the pairs that are noted on the function `arn`, none without a note."""
    client = caller.client("lambda")
    tags = caller.call("lambda", "lambda", client.list_tags, Resource=arn).get("Tags", {})
    noted: dict[str, dict[str, list[str]]] = {}
    for key, value in tags.items():
        if match := _TAG.fullmatch(key):
            ids = noted.setdefault(match[1] or "1", {"subnets": [], "groups": []})
            ids[match[2]] += value.split()
    pairs = (network_configs(one["subnets"], one["groups"]) for one in noted.values())
    return frozenset().union(*pairs)


def _tags(member: str, ids: Sequence[str], number: int) -> dict[str, str]:
    prefix = "eni-cleanup" if number == 1 else f"eni-cleanup-{number}"
    parts = [ids[at : at + _IDS_IN_A_TAG] for at in range(0, len(ids), _IDS_IN_A_TAG)]
    return {f"{prefix}:{member}:{part}": " ".join(some) for part, some in enumerate(parts, start=1)}
