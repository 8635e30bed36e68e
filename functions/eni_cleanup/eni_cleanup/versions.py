"""Published versions of a function that is about to be deleted.

Each holds the interfaces of the VPC it was published with until it is deleted; the deletion of the
function deletes it, too, but only after CloudFormation has waited for this resource. Sources:
"ListVersionsByFunction", "ListAliases", "DeleteAlias" and "DeleteFunction", AWS Lambda API
Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from surefoot.kit.aws_errors import AwsError

from .aws import AwsCaller, OutOfTime
from .interfaces import network_configs_of


def find_versions(caller: AwsCaller, arn: str) -> dict[str, Mapping[str, Any]]:
    """Return the VpcConfig of each published version that is in a VPC."""
    client = caller.client("lambda")
    found: dict[str, Mapping[str, Any]] = {}
    marker: dict[str, str] = {}
    while True:
        page: Any = caller.call(
            "lambda", "lambda", client.list_versions_by_function, FunctionName=arn, **marker
        )
        for each in page["Versions"]:
            if each["Version"] != "$LATEST" and network_configs_of(each.get("VpcConfig")):
                found[each["Version"]] = each["VpcConfig"]
        if not page.get("NextMarker"):
            return found
        marker = {"Marker": page["NextMarker"]}


def delete_version(caller: AwsCaller, arn: str, version: str) -> str:
    """Delete a version and the aliases that point at it; return why it is not possible, or "".

    :raises OutOfTime: repeat it
    """
    try:
        for alias in _aliases(caller, arn, version):
            _delete(caller, "delete_alias", FunctionName=arn, Name=alias)
        _delete(caller, "delete_function", FunctionName=arn, Qualifier=version)
    except OutOfTime:
        raise
    except Exception as error:
        if not isinstance(getattr(error, "response", None), dict):
            raise
        return (
            "a published version keeps its interfaces until the function is deleted: "
            f"{AwsError.from_exception(error, 'lambda')}"
        )
    return ""


def _aliases(caller: AwsCaller, arn: str, version: str) -> list[str]:
    """Return the aliases that send calls to a version, all or some of them."""
    client = caller.client("lambda")
    found: list[str] = []
    marker: dict[str, str] = {}
    while True:
        page: Any = caller.call("lambda", "lambda", client.list_aliases, FunctionName=arn, **marker)
        for each in page["Aliases"]:
            weights = (each.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            if version in (each["FunctionVersion"], *weights):
                found.append(each["Name"])
        if not page.get("NextMarker"):
            return found
        marker = {"Marker": page["NextMarker"]}


def _delete(caller: AwsCaller, operation: str, **arguments: str) -> None:
    try:
        caller.call("lambda", "lambda", getattr(caller.client("lambda"), operation), **arguments)
    except Exception as error:
        response = getattr(error, "response", None)
        code = response.get("Error", {}).get("Code") if isinstance(response, dict) else ""
        if code != "ResourceNotFoundException":
            raise
