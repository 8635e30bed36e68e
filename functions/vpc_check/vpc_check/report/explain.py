"""The two views joined: what the probe saw, and the finding that causes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vpc_check.findings import MEANINGS, Finding, in_order
from vpc_check.network.cidr import covers, network
from vpc_check.network.paths import Analysis, Located, NetworkPath, findings_on
from vpc_check.observation import REACHED, WORDS, Observation

_DNS = frozenset(
    {
        "DNS_FIREWALL_BLOCKS",
        "DNS_FORWARDED",
        "DNS_SUPPORT_DISABLED",
        "DNS_HOSTNAMES_DISABLED",
        "DNS_CUSTOM_SERVERS",
        "NO_MOUNT_TARGET_IN_ZONE",
    }
)
_POLICY = frozenset({"ENDPOINT_POLICY_RESTRICTS", "ENDPOINT_TAKES_ALL_APIS"})
_NAME = frozenset({"ENDPOINT_WITHOUT_PRIVATE_DNS", "DNS_HOSTNAMES_DISABLED"})
# Findings about a target that stop no packet.
_HARMLESS = frozenset({"IPV6_NOT_ALLOWED", "FLOW_LOGS_EXIST"})
_PATH = frozenset(MEANINGS) - _DNS - _POLICY - _HARMLESS
_CAUSES = {
    "dropped": _PATH,
    "unreachable": _PATH,
    "sent": _PATH,
    "failed": _PATH | _DNS,
    "dns_failed": _DNS,
    "denied": _POLICY,
    "tls_name": _NAME,
}
# Sections of facts without which "nothing in the configuration" is more than anyone can say.
_NEEDED = frozenset(
    {
        *("Function", "Vpcs", "VpcAttributes", "DhcpOptions", "Subnets", "RouteTables"),
        *("NetworkAcls", "SecurityGroups", "NatGateways", "VpcEndpoints", "NetworkInterfaces"),
    }
)
# word → (what it means, what to do) when no finding explains it
_ALONE = {
    "dns_failed": (
        (
            "nothing in the configuration explains it: the name may not exist, or its private zone "
            "is not associated with this VPC"
        ),
        "look the name up elsewhere, and associate the private hosted zone with the VPC",
    ),
    "dropped": (
        "routes, ACLs and groups all let it pass: what drops it is beyond them",
        (
            "look at the target's own firewall, AWS Network Firewall, and the far side of a "
            "transit gateway, peering or VPN, the way back included"
        ),
    ),
    "unreachable": (
        "nothing in the configuration explains it",
        "look at the routes on the far side of a transit gateway, peering or VPN",
    ),
    "refused": (
        "the way is open, and nothing listens there",
        "check the port, whether the server runs, and on which address it listens",
    ),
    "reset": (
        "the way is open, and the other side cut the connection",
        "check whether the port speaks this protocol, its connection limit, and proxies between",
    ),
    "slow": ("the way is open, and the answer slow", "look at the load of the target"),
    "tls_name": (
        "the way is open, and the certificate is of another name",
        "use a name that the certificate has, or have it issued for this one",
    ),
    "tls_authority": (
        "the way is open, and the certificate's authority is not trusted here",
        (
            "put the authority's certificate into the image (RDS has its own bundle); a proxy "
            "that opens TLS shows like this, too"
        ),
    ),
    "tls_expired": (
        "the way is open, and the certificate is not valid now",
        "have the certificate renewed",
    ),
    "tls_failed": (
        "the way is open, and TLS failed",
        "check that the port speaks TLS, and which versions it takes",
    ),
    "denied": (
        "the way is open, and the service refuses the request",
        "check the policy of the role, the resource and the endpoint",
    ),
    "http_status": ("the way is open, and the server answers with an error", "read its logs"),
    "sent": (
        "UDP without an answer proves nothing, and the configuration lets it pass",
        "probe a port that answers, or look at the flow logs",
    ),
    "not_tried": ("there was no time", "give the function a longer time-out, or fewer targets"),
    "failed": ("nothing in the configuration explains it", "read the detail"),
}


@dataclass(frozen=True)
class Explanation:
    """What an observation and the findings say together.

    `verdict` is fine, explained (by an error), suspected (by something milder), alone (the probe
    itself says all), contradicted (packets went where the configuration says that none can, from
    any subnet: the configuration is incomplete), partial (the target was reached from one subnet,
    and the configuration keeps others from it) or elsewhere (the probe ran outside of the
    function's network and says nothing about it).
    """

    target: str
    word: str
    verdict: str
    text: str
    remedy: str
    causes: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class PathErrors:
    """The errors of one path, with what the path leads to."""

    path: NetworkPath
    errors: tuple[Finding, ...]


def find_errors(analysis: Analysis, located: Sequence[Located]) -> list[PathErrors]:
    """Return the errors of every path, with which packets cannot pass it."""
    return [
        PathErrors(
            path,
            tuple(
                finding
                for finding in findings_on(path, located)
                if finding.severity == "error" and finding.code in _PATH
            ),
        )
        for path in analysis.paths
    ]


def explain(
    observations: Sequence[Observation],
    findings: Sequence[Finding],
    paths: Sequence[PathErrors] = (),
    inside: bool = True,
) -> list[Explanation]:
    """Explain each observation, in their order.

    :param inside: whether the probes ran with the function's network
    """
    return [_explain(each, findings, paths, inside) for each in observations]


def doubt_contradicted(
    located: Sequence[Located], explanations: Sequence[Explanation]
) -> list[Located]:
    """Make warnings of the errors that a probe from the function's network proved wrong."""
    wrong = {each for one in explanations if one.verdict == "contradicted" for each in one.causes}
    return [
        (
            place,
            replace(
                finding,
                severity="warning",
                message=f"{finding.message}; yet a probe got through: what was read is incomplete",
            )
            if finding in wrong
            else finding,
        )
        for place, finding in located
    ]


def _explain(
    seen: Observation, findings: Sequence[Finding], paths: Sequence[PathErrors], inside: bool
) -> Explanation:
    target = seen.target.text
    if seen.word in REACHED:
        ends = [
            each
            for each in findings
            if each.severity == "error" and each.code in _PATH and each.target == target
        ]
        if ends and not inside:
            return _explain_elsewhere(seen, ends)
        if ends:
            explanation = _explain_reached(seen, ends, paths)
            if explanation is not None:
                return explanation
    if seen.word == "ok":
        return Explanation(target, seen.word, "fine", WORDS["ok"], "")
    causes = tuple(_causes(seen, findings))
    if causes and (inside or causes[0].severity == "error"):
        sure = causes[0].severity == "error"
        return Explanation(
            target,
            seen.word,
            "explained" if sure else "suspected",
            f"{WORDS[seen.word]}; {'the cause' if sure else 'perhaps'}: {causes[0].message}",
            causes[0].remedy,
            causes,
        )
    if not inside and seen.word in _CAUSES:
        return _explain_elsewhere(seen, [])
    blind = [
        each.component
        for each in findings
        if each.code == "UNKNOWN_RESOURCE" and each.component in _NEEDED
    ]
    if blind and seen.word in ("dropped", "unreachable", "sent", "failed", "dns_failed"):
        text = f"{WORDS[seen.word]}; the cause may be in what is not known: {', '.join(blind)}"
        return Explanation(target, seen.word, "alone", text, "make that known, then run it again")
    text, remedy = _ALONE[seen.word]
    return Explanation(target, seen.word, "alone", text, remedy)


def _explain_reached(
    seen: Observation, ends: list[Finding], paths: Sequence[PathErrors]
) -> Explanation | None:
    """What a probe that got through says about errors of its target; None if nothing."""
    target = seen.target.text
    ways = [
        each
        for each in paths
        if each.path.target.text == target and _leads_to(each.path, seen.address)
    ]
    broken = [each for each in ways if each.errors]
    if ways and not broken:
        return None  # the errors are of the target's other addresses
    if broken and len(broken) < len(ways):
        subnets = ", ".join(dict.fromkeys(each.path.subnet for each in broken))
        first = broken[0].errors[0]
        return Explanation(
            target,
            seen.word,
            "partial",
            f"{WORDS[seen.word]} from one of the function's subnets, and not from {subnets}: "
            f"{first.message}",
            first.remedy,
            tuple(dict.fromkeys(error for each in broken for error in each.errors)),
        )
    return Explanation(
        target,
        seen.word,
        "contradicted",
        f"{WORDS[seen.word]}, although {ends[0].message}",
        "the configuration is incomplete, or has changed since",
        tuple(ends),
    )


def _explain_elsewhere(seen: Observation, ends: list[Finding]) -> Explanation:
    text = f"{WORDS[seen.word]}, from outside of the function's network"
    text += f"; for the function: {ends[0].message}" if ends else ""
    remedy = "run the check with the subnets and security groups of the function"
    return Explanation(
        seen.target.text,
        seen.word,
        "elsewhere",
        text,
        ends[0].remedy if ends else remedy,
        tuple(ends),
    )


def _leads_to(path: NetworkPath, address: str) -> bool:
    try:
        return not address or covers(path.addresses, (network(address.partition("%")[0]),))
    except ValueError:
        return True


def _causes(seen: Observation, findings: Sequence[Finding]) -> list[Finding]:
    """Findings that may bring about what was seen, the gravest first."""
    wanted = _CAUSES.get(seen.word, frozenset())
    target = seen.target.text
    found = []
    for finding in findings:
        own = finding.target == target or (finding.code in _DNS and not finding.target)
        # A name has no address because its server is out of reach.
        server = finding.target.startswith("udp://") and finding.target.endswith(":53")
        broken = server and seen.word == "dns_failed" and finding.severity == "error"
        if broken or (own and finding.code in wanted):
            found.append(finding)
    return in_order(found)
