"""The function itself: its VpcConfig, its state, and the tenancy of its VPC.

Sources: "VpcConfig", Lambda API Reference; "Lambda function states" and "Giving Lambda functions
access to resources in an Amazon VPC", Lambda Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.checks.targets import check_port_25
from vpc_check.facts import capacity_provider
from vpc_check.findings import Finding
from vpc_check.network.aws_names import always_inside, inside
from vpc_check.network.cidr import private
from vpc_check.network.destination import Destination, find_balancer
from vpc_check.network.paths import Analysis

MAX_SUBNETS = 16
MAX_GROUPS = 5


def check_vpc_config(analysis: Analysis) -> Iterator[Finding]:
    """Report limits, ids that don't exist, and subnets or groups of several VPCs."""
    function = analysis.function
    for what, ids, most in (
        ("subnets", function.subnets, MAX_SUBNETS),
        ("security groups", function.groups, MAX_GROUPS),
    ):
        if len(ids) > most:
            yield Finding(
                "VPC_CONFIG_LIMIT",
                "error",
                function.name or "VpcConfig",
                f"{len(ids)} {what}; Lambda takes at most {most}",
                f"leave {len(ids) - most} out",
            )
    vpcs: dict[str, str] = {}
    for code, what, rows, key, ids in (
        ("UNKNOWN_SUBNET", "subnet", "Subnets", "SubnetId", function.subnets),
        ("UNKNOWN_GROUP", "security group", "SecurityGroups", "GroupId", function.groups),
    ):
        for name in ids:
            row = analysis.facts.find(rows, key, name)
            if row is None:
                yield Finding(
                    code,
                    "error",
                    name,
                    f"there is no {what} {name} in this account and region",
                    "name one that exists; a deleted one leaves the function unable to start",
                )
            elif not _is_associated(analysis, name):
                vpcs.setdefault(str(row.get("VpcId", "")), name)
    if len(vpcs) > 1:
        yield Finding(
            "SUBNET_IN_OTHER_VPC",
            "error",
            function.name or "VpcConfig",
            "subnets and security groups are of different VPCs: "
            + ", ".join(f"{name} is of {vpc}" for vpc, name in vpcs.items()),
            "use subnets and groups of one VPC",
        )


def _is_associated(analysis: Analysis, group: str) -> bool:
    """Whether a group of another VPC is associated with the function's VPC.

    Source: "Associate security groups with multiple VPCs", Amazon VPC User Guide.
    """
    rows = analysis.facts.rows("SecurityGroupVpcAssociations")
    mine = {(analysis.facts.subnet(name) or {}).get("VpcId") for name in analysis.function.subnets}
    return any(
        row.get("GroupId") == group
        and row.get("State") == "associated"
        and row.get("VpcId") in mine
        for row in rows
    )


def check_outside(analysis: Analysis) -> Iterator[Finding]:
    """Judge a function that is in no VPC: it reaches the internet, and nothing private."""
    provider = capacity_provider(analysis.facts.sections.get("Function") or {})
    if provider:
        yield Finding(
            "FUNCTION_NETWORK_UNKNOWN",
            "unknown",
            analysis.function.name,
            f"the function runs on Managed Instances in the subnets of {provider}, which are not "
            "known",
            "allow lambda:GetCapacityProvider in the policy of this checking function",
        )
        return
    lost = [each for each in analysis.destinations if _is_private(analysis, each)]
    for destination in lost:
        yield Finding(
            "FUNCTION_NOT_IN_VPC",
            "error",
            analysis.function.name,
            f"the function is in no VPC, and {destination.target.host} is a private destination",
            "give the function subnets and security groups of the destination's VPC",
            destination.target.text,
        )
    unsure = [
        each
        for each in analysis.destinations
        if each not in lost and inside(each.target.host) and _is_private(analysis, each) is None
    ]
    for destination in unsure:
        yield Finding(
            "UNKNOWN_DESTINATION",
            "unknown",
            destination.target.host,
            f"the function is in no VPC, and whether {destination.target.host} is public is not "
            "known",
            'let the probe resolve it ("probe": true), or add "address" to the target',
            destination.target.text,
        )
    yield from check_port_25(analysis)
    if not lost:
        yield Finding(
            "FUNCTION_NOT_IN_VPC",
            "info",
            analysis.function.name,
            "the function is in no VPC: it goes out to the internet through Lambda's own network",
            "nothing to do, unless it is to reach something private",
        )


def _is_private(analysis: Analysis, destination: Destination) -> bool | None:
    """Whether a destination has no public address; None when that is not known."""
    locations = destination.locations
    if destination.resolver:
        return True
    if any(not private(each.addresses) and not each.assumed for each in locations):
        return False
    if any(private(each.addresses) or each.subnet for each in locations):
        return True
    host = destination.target.host
    balancer = find_balancer(analysis.facts, host)
    if balancer is not None:
        return str(balancer.get("Scheme")) == "internal"
    for row in analysis.facts.rows("DBInstances"):
        if host == (row.get("Endpoint") or {}).get("Address") and "PubliclyAccessible" in row:
            return not row["PubliclyAccessible"]
    if always_inside(host):
        return True
    return None if inside(host) else False


# StateReasonCode and LastUpdateStatusReasonCode → remedy
REMEDIES = {
    "EniLimitExceeded": "raise the quota of Lambda interfaces per VPC, or share sets of groups",
    "InsufficientRolePermissions": "attach AWSLambdaVPCAccessExecutionRole to the role",
    "SubnetOutOfIPAddresses": "free addresses in the subnets, or give the function larger ones",
    "InvalidSubnet": "name subnets that exist, all of one VPC",
    "InvalidSecurityGroup": "name security groups that exist, of the subnets' VPC",
    "DisallowedByVpcEncryptionControl": "exempt Lambda from the VPC's encryption control",
    "EC2RequestLimitExceeded": "change fewer functions at once: EC2 throttled Lambda",
    "EFSMountConnectivityError": "let port 2049 pass between the function and the mount target",
    "EFSMountTimeout": "let port 2049 pass between the function and the mount target",
    "EFSMountFailure": "check the access point and its policy",
    "ImageAccessDenied": "allow Lambda to pull from the ECR repository",
    "ImageDeleted": "push the image again, or deploy another",
}
_ANY = "correct what the reason names, and update the function again"


def check_state(analysis: Analysis) -> Iterator[Finding]:
    """Report a state other than Active, and a failed last update."""
    function = analysis.facts.sections["Function"]
    name = analysis.function.name
    state = str(function.get("State", "Active"))
    reason, code = str(function.get("StateReason", "")), str(function.get("StateReasonCode", ""))
    if state == "Inactive":
        yield Finding(
            "FUNCTION_IDLE",
            "warning",
            name,
            "the function is Inactive: Lambda took its idle interfaces back, and the next "
            "invocation fails while they are made again",
            "invoke it once and wait for Active; invoke it at least every 14 days",
        )
    elif state == "Pending":
        yield Finding(
            "FUNCTION_NOT_ACTIVE",
            "warning",
            name,
            f"the function is Pending ({code or 'Creating'}): its interfaces are being made",
            "wait for Active; minutes are normal, more than ten are not",
        )
    elif state != "Active":
        yield Finding(
            "FUNCTION_NOT_ACTIVE",
            "error",
            name,
            _told(f"the function is {state}", code, reason),
            REMEDIES.get(code, _ANY),
        )
    if function.get("LastUpdateStatus") == "Failed":
        code = str(function.get("LastUpdateStatusReasonCode", ""))
        reason = str(function.get("LastUpdateStatusReason", ""))
        yield Finding(
            "FUNCTION_UPDATE_FAILED",
            "error",
            name,
            _told("the last update failed, so an older configuration may be at work", code, reason),
            REMEDIES.get(code, _ANY),
        )


def _told(what: str, code: str, reason: str) -> str:
    return what + (f" ({code})" if code else "") + (f": {reason.rstrip('.')}" if reason else "")


def check_tenancy(analysis: Analysis) -> Iterator[Finding]:
    """Report a VPC of dedicated tenancy, which Lambda can't connect to."""
    vpc = analysis.facts.vpc
    if vpc.get("InstanceTenancy") == "dedicated":
        yield Finding(
            "TENANCY_DEDICATED",
            "error",
            str(vpc.get("VpcId", "")),
            "the VPC has dedicated tenancy, and Lambda does not connect to such a VPC",
            "put the function into a VPC of default tenancy and peer the two",
        )
