"""The network interfaces that Lambda made: finding them, and the two ways to get rid of one.

Sources: "DescribeNetworkInterfaces", "DeleteNetworkInterface" and "DetachNetworkInterface", Amazon
EC2 API Reference; "Elastic network interfaces (ENIs)", AWS Lambda Developer Guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from .aws import AwsCaller

DESCRIPTION = "AWS Lambda VPC ENI"
HYPERPLANE = "hyperplane"
OLD_STYLE = "2016-2019"
PAGE = 1000
FILTER_VALUES = 200  # EC2's limit for one request
_GONE = "InvalidNetworkInterfaceID.NotFound"
# What EC2 says while something still holds the interface, or while Lambda has not let go of it.
_NOT_YET = frozenset(
    [
        *["InvalidParameterValue", "InvalidNetworkInterface.InUse", "OperationNotPermitted"],
        *["InvalidAttachmentID.NotFound", "InvalidAttachment.NotFound", "IncorrectState"],
    ]
)


class Interface(NamedTuple):
    """One interface. `attachment` is the id of what it is attached by, empty when it is not."""

    id: str
    description: str
    status: str
    kind: str
    config: NetworkConfig
    attachment: str

    @property
    def is_free(self) -> bool:
        """Whether EC2 calls it available and shows nothing that it is attached to."""
        return self.status == "available" and not self.attachment


def find_interfaces(
    caller: AwsCaller, account: str, *, subnets: Iterable[str] = (), vpc: str = ""
) -> list[Interface]:
    """Return Lambda's interfaces of this account in the VPC, or else in the subnets, by id.

    A shared VPC holds interfaces of other accounts, too. Who uses those cannot be known from here,
    so they are left out.
    """
    found = {
        each["NetworkInterfaceId"]: interface
        for scope in _scopes(sorted(subnets), vpc)
        for each in _describe_pages(caller, scope)
        if each.get("OwnerId") == account and (interface := _read_interface(each)) is not None
    }
    return [found[key] for key in sorted(found)]


def removal(caller: AwsCaller, interface: Interface, *, detach: bool) -> Callable[[], Any]:
    """Return the call that deletes an interface, or takes an old one off Lambda's instance."""
    client = caller.client("ec2")
    if detach:
        return partial(client.detach_network_interface, AttachmentId=interface.attachment)
    return partial(client.delete_network_interface, NetworkInterfaceId=interface.id)


def read_refusal(result: object) -> str:
    """Return why a removal is not possible yet, or an empty text when it succeeded.

    :param result: what the call returned, or the exception that it raised
    :raises Exception: that exception, if EC2 refuses permanently
    """
    if not isinstance(result, Exception):
        return ""
    refused = getattr(result, "response", {}).get("Error", {})
    if refused.get("Code") == _GONE:
        return ""
    if refused.get("Code") not in _NOT_YET:
        raise result
    return f"{refused['Code']}: {refused.get('Message', '')}"


def _scopes(subnets: list[str], vpc: str) -> list[dict[str, Any]]:
    if vpc:
        return [{"Name": "vpc-id", "Values": [vpc]}]
    parts = range(0, len(subnets), FILTER_VALUES)
    return [{"Name": "subnet-id", "Values": subnets[at : at + FILTER_VALUES]} for at in parts]


def _describe_pages(caller: AwsCaller, scope: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    client = caller.client("ec2")
    filters = [scope, {"Name": "description", "Values": [f"{DESCRIPTION}*"]}]
    token: dict[str, str] = {}
    while True:
        page = caller.call(
            "describe",
            "ec2",
            client.describe_network_interfaces,
            Filters=filters,
            MaxResults=PAGE,
            **token,
        )
        yield from page["NetworkInterfaces"]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def _read_interface(described: Mapping[str, Any]) -> Interface | None:
    kind = _kind(described)
    if not kind:
        return None
    groups = tuple(sorted(group["GroupId"] for group in described.get("Groups", ())))
    return Interface(
        described["NetworkInterfaceId"],
        described.get("Description", ""),
        described.get("Status", "unknown"),
        kind,
        NetworkConfig(described["SubnetId"], groups),
        (described.get("Attachment") or {}).get("AttachmentId", ""),
    )


def _kind(described: Mapping[str, Any]) -> str:
    """Return which service made it. Anyone may write such a description."""
    description = described.get("Description", "")
    made_as = described.get("InterfaceType")
    if made_as == "lambda" and description.startswith(DESCRIPTION):
        return HYPERPLANE
    requester = described.get("RequesterId", "")
    if description.startswith(f"{DESCRIPTION}: ") and ":awslambda_" in requester:
        return OLD_STYLE
    return ""


class NetworkConfig(NamedTuple):
    """`groups` are sorted: the order in which they were written means nothing."""

    subnet: str
    groups: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.subnet} with {', '.join(self.groups) or 'no group'}"


def network_configs(subnets: Iterable[str], groups: Iterable[str]) -> frozenset[NetworkConfig]:
    """Return every subnet with the whole set of groups."""
    together = tuple(sorted(set(groups)))
    return frozenset(NetworkConfig(subnet, together) for subnet in subnets)


def network_configs_of(vpc_config: Mapping[str, Any] | None) -> frozenset[NetworkConfig]:
    """Return the pairs of a function's VpcConfig as Lambda shows it, none without a VPC."""
    config = vpc_config or {}
    return network_configs(config.get("SubnetIds") or (), config.get("SecurityGroupIds") or ())
