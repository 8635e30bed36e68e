"""Facts and observations in, report out: everything between AWS and the rendering, no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from vpc_check.checks import analyse
from vpc_check.facts import Attachment, Facts
from vpc_check.findings import in_order
from vpc_check.network.capacity import calculate
from vpc_check.network.paths import build
from vpc_check.observation import Observation
from vpc_check.plan import Plan
from vpc_check.probing import elsewhere
from vpc_check.report.explain import explain
from vpc_check.report.hops import trace
from vpc_check.report.report import Report
from vpc_check.target import Target


def assemble(
    facts: Facts,
    targets: Sequence[Target],
    observations: Sequence[Observation] = (),
    plan: Plan | None = None,
) -> Report:
    """Analyse the configuration, explain the observations by it, and work out the plan.

    Addresses that the probes found tell the analysis where a name leads.
    """
    function = Attachment.of(facts.sections.get("Function", {}))
    seen: dict[str, list[str]] = {}
    for each in observations:
        found = each.addresses or ((each.address,) if each.address else ())
        known = seen.setdefault(each.target.host, [])
        known += [address for address in found if address not in known]
    case = build(facts, function, targets, seen)
    findings = analyse(case)
    if observations:
        findings = in_order([*findings, *elsewhere(facts, function)])
    return Report(
        case=case,
        findings=tuple(findings),
        observations=tuple(observations),
        explanations=tuple(explain(observations, findings)),
        paths=tuple(trace(case, findings)),
        capacity=calculate(facts, function, plan) if plan else None,
    )
