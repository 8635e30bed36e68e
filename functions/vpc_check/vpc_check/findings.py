"""What is wrong, or not known, in the configuration: a finding is data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

# From the gravest to the mildest. "unknown" is what could not be looked at.
SEVERITIES = ("error", "warning", "unknown", "info")


@dataclass(frozen=True)
class Finding:
    """One thing that somebody should know.

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
            raise ValueError(f"{self.severity!r} is no severity: {', '.join(SEVERITIES)}")


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
