"""What is wrong, or not known, in the configuration: a finding is data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vpc_check.safe_text import clean

# From the gravest to the mildest. "unknown" is what could not be checked.
SEVERITIES = ("error", "warning", "unknown", "info")


@dataclass(frozen=True)
class Finding:
    """One thing to know about a configuration.

    `code` is an explanation code of Reachability Analyzer where one fits, else one of ours
    (vpc_check.codes has both lists). `severity` is one of SEVERITIES: error means that packets or
    the function itself fail, warning that they may or will. `component` is the id of what to
    look at (rtb-…, acl-…, sg-…, vpc-…, a role's name). `target` is Target.text, or "" when it is
    about the function as a whole; `subnet` the one of the function's subnets it holds for, or "".
    `message` and `remedy` are a sentence each.
    """

    code: str
    severity: str
    component: str
    message: str
    remedy: str
    target: str = ""
    subnet: str = ""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise ValueError(f"{self.severity!r} is not a severity: {', '.join(SEVERITIES)}")
        for name in ("component", "message", "remedy", "target", "subnet"):
            object.__setattr__(self, name, clean(getattr(self, name)))


def in_order(findings: Sequence[Finding]) -> list[Finding]:
    """Gravest first; among equals by target, then as they were found. Each said once."""
    once = list(dict.fromkeys(findings))
    return sorted(once, key=lambda each: (SEVERITIES.index(each.severity), each.target))


def merged(findings: Sequence[Finding]) -> list[tuple[Finding, tuple[str, ...]]]:
    """Findings that differ in the subnet only, as one with all of their subnets; for people."""
    subnets: dict[Finding, dict[str, None]] = {}
    for finding in findings:
        where = subnets.setdefault(replace(finding, subnet=""), {})
        where.update(dict.fromkeys([finding.subnet] if finding.subnet else []))
    return [(finding, tuple(where)) for finding, where in subnets.items()]


# Codes that Reachability Analyzer uses, too.
REACHABILITY_ANALYZER = {
    "BAD_STATE": "the component does not work in its present state",
    "BAD_STATE_ATTACHMENT": "a gateway is not attached to this VPC",
    "BAD_STATE_ROUTE": "the route is a black hole",
    "CANNOT_ROUTE": "there is a route, but not for this destination",
    "ENI_SG_RULES_MISMATCH": "no rule of a security group lets it pass",
    "ENI_SOURCE_DEST_CHECK_RESTRICTION": "an instance that should forward drops what is not for it",
    "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS": "a private address is sent to the internet",
    "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS": "no public address, so no way through this gateway",
    "NO_POSSIBLE_DESTINATION": "the component has nowhere to send it",
    "NO_ROUTE_TO_DESTINATION": "no route of the table is for this destination",
    "PCX_REQUIRES_ADDRESS_IN_VPC_CIDR": "a peering reaches the peer VPC only, nothing beyond it",
    "SG_HAS_NO_RULES": "a security group has no rule in this direction",
    "SUBNET_ACL_RESTRICTION": "a network ACL does not let it pass",
    "TGW_RTB_ROUTES_ARE_UNKNOWN": "what a transit gateway does with it was not checked",
    "UNKNOWN_DESTINATION": "too little is known of the destination",
    "UNKNOWN_RESOURCE": "something could not be described",
    "VPC_BLOCK_PUBLIC_ACCESS_ENABLED": "Block Public Access closes the way to the internet",
    "VPCE_GATEWAY_PROTOCOL_RESTRICTION": "a gateway endpoint takes TCP only",
}
# What Reachability Analyzer does not look at.
LAMBDA_CODES = {
    "ADDRESS_NOT_IN_USE": "an address of the VPC that no interface has",
    "DNS_CUSTOM_SERVERS": "names are resolved by servers of your own",
    "DNS_HOSTNAMES_DISABLED": "the VPC has no DNS host names, which private DNS needs",
    "DNS_SUPPORT_DISABLED": "the VPC's own DNS is off",
    "DNS_FIREWALL_BLOCKS": "a rule of DNS Firewall blocks the name",
    "DNS_FORWARDED": "a rule forwards the name to other DNS servers",
    "ENDPOINT_ON_OTHER_TABLE": "a gateway endpoint exists, but not on this route table",
    "ENDPOINT_POLICY_RESTRICTS": "the policy of an endpoint does not allow everything",
    "ENDPOINT_TAKES_ALL_APIS": "an endpoint's private DNS takes the names of public APIs, too",
    "ENDPOINT_WITHOUT_PRIVATE_DNS": "the ordinary name does not lead to the endpoint",
    "FLOW_LOGS_EXIST": "flow logs show what was rejected",
    "FLOW_LOGS_REJECTED": "a flow log has packets of this path that a group or an ACL rejected",
    "FUNCTION_NETWORK_UNKNOWN": "the function's subnets are those of a capacity provider",
    "FUNCTION_NOT_IN_VPC": "the function is in no VPC",
    "FUNCTION_NOT_ACTIVE": "the function can't be invoked in its present state",
    "FUNCTION_UPDATE_FAILED": "the last change of the function failed",
    "FUNCTION_IDLE": "its interfaces were taken back; the next invocation fails once",
    "INTERFACE_QUOTA_EXCEEDED": "no more Lambda interfaces fit into the VPC",
    "INTERFACE_QUOTA_NEAR": "few more Lambda interfaces fit into the VPC",
    "IPV6_NOT_ALLOWED": "the function does not use IPv6",
    "IPV6_SUBNET_NOT_DUAL_STACK": "a subnet of the function has no IPv6 range",
    "LAMBDA_PORT_25_BLOCKED": "Lambda lets nothing out to TCP port 25",
    "NAT_DROPS_PACKETS": "a NAT gateway dropped packets",
    "NAT_PORTS_EXHAUSTED": "a NAT gateway ran out of ports",
    "NO_MOUNT_TARGET_IN_ZONE": "a file system's name has no address in a zone of the function",
    "PROBED_FROM_ELSEWHERE": "the probes ran with other subnets or groups than the function's",
    "RETURN_ROUTE_UNKNOWN": "the way back from another VPC is not visible from here",
    "ROLE_DENIED": "the role must not do what Lambda does in its name",
    "ROLE_DENIES_OWN_CODE": "the function's own code must not manage interfaces",
    "ROLE_LACKS_PERMISSION": "the role may not do what Lambda does in its name",
    "SUBNET_FEW_ADDRESSES": "a subnet has few free addresses",
    "SUBNET_IN_OTHER_VPC": "the subnets and groups are not all of one VPC",
    "SUBNET_OUT_OF_ADDRESSES": "a subnet has no free address",
    "TENANCY_DEDICATED": "Lambda does not work in a VPC of dedicated tenancy",
    "UNKNOWN_GROUP": "a security group does not exist",
    "UNKNOWN_SUBNET": "a subnet does not exist",
    "VPC_CONFIG_LIMIT": "more subnets or groups than Lambda takes",
}
MEANINGS = {**REACHABILITY_ANALYZER, **LAMBDA_CODES}
