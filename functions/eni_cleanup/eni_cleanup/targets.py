"""What to clean: named functions, subnets, groups, a VPC; as properties or in a direct order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from surefoot.kit.errors import UserError

from .interfaces import NetworkConfig, network_configs

_SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}")
_GROUP = re.compile(r"sg-[0-9a-f]{8,17}")
_VPC = re.compile(r"vpc-[0-9a-f]{8,17}")
_FUNCTION = re.compile(r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[A-Za-z0-9_-]{1,64}")


class Keys(NamedTuple):
    """How one kind of event calls the members of Targets."""

    functions: str
    subnets: str
    groups: str
    vpc: str


PROPERTIES = Keys("FunctionNames", "SubnetIds", "SecurityGroupIds", "VpcId")
DIRECT = Keys("functions", "subnets", "security_groups", "vpc_id")


class Targets(NamedTuple):
    """`functions`, names or ARNs, are detached. Their interfaces are waited for, and those of
    `network_configs`.

    In `subnets`, and in the whole of `vpc`, interfaces that no function uses are removed, too.
    """

    functions: tuple[str, ...]
    subnets: tuple[str, ...]
    groups: tuple[str, ...]
    vpc: str

    @property
    def network_configs(self) -> frozenset[NetworkConfig]:
        """The configurations that are named: none without both subnets and groups."""
        return network_configs(self.subnets, self.groups) if self.groups else frozenset()


def parse(given: Mapping[str, Any], keys: Keys) -> Targets:
    """Read the members that `keys` names.

    :raises UserError: one is not of its form, or nothing is named at all
    """
    functions = _texts(given, keys.functions, _FUNCTION, "names or unqualified ARNs of functions")
    vpc = given.get(keys.vpc) or ""
    if vpc and not (isinstance(vpc, str) and _VPC.fullmatch(vpc)):
        raise UserError(f"{keys.vpc} is {vpc!r}", "write the id of a VPC, vpc-…")
    found = Targets(
        functions,
        _texts(given, keys.subnets, _SUBNET, "ids of subnets, subnet-…"),
        _texts(given, keys.groups, _GROUP, "ids of security groups, sg-…"),
        vpc,
    )
    if not (found.functions or found.subnets or found.vpc):
        raise UserError(
            "nothing is named to clean up", f"give {keys.functions}, {keys.subnets} or {keys.vpc}"
        )
    if found.groups and not found.subnets:
        raise UserError(f"{keys.groups} says nothing without {keys.subnets}", "give both")
    return found


def _texts(
    given: Mapping[str, Any], key: str, form: re.Pattern[str], wanted: str
) -> tuple[str, ...]:
    values = given.get(key)
    if values is None:
        return ()
    if not isinstance(values, list):
        raise UserError(f"{key} is {values!r}", f"write a list of {wanted}")
    for value in values:
        if not (isinstance(value, str) and form.fullmatch(value)):
            raise UserError(f"{key} holds {value!r}", f"write {wanted}")
    return tuple(dict.fromkeys(values))
