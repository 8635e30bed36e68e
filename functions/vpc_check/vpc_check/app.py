"""The handler: read the event, collect facts, probe, analyse, render."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from vpc_check.aws.clients import connect
from vpc_check.aws.collect import collect
from vpc_check.aws.public_interfaces import add_public_interfaces
from vpc_check.checks import run_checks
from vpc_check.facts import Attachment, Facts
from vpc_check.findings import Finding, in_order
from vpc_check.network.capacity import calculate
from vpc_check.network.discover import discover
from vpc_check.network.paths import Located, make_analysis
from vpc_check.observation import Observation
from vpc_check.report import report as reports
from vpc_check.report.explain import doubt_contradicted, explain, find_errors
from vpc_check.report.hops import draw_paths
from vpc_check.report.report import Report
from vpc_check.report.text import render as text
from vpc_check.request import Plan, Request, read_request
from vpc_check.target import Target

RESERVE_S = 2.0  # for what comes after the probes
MOST_PROBING_S = 30.0


def _page(report: Report) -> bytes:
    # Only a page needs a template engine; the other answers do not pay for it.
    from vpc_check.report.page import render

    return render(report).encode()


_RENDERERS: dict[str, Callable[[Report], Any]] = {
    "json": reports.to_json,
    # Bytes leave as they are: a table that is no JSON string, a page that a browser opens.
    "table": lambda report: text(report).encode(),
    "html": _page,
}


def handler(event: Any, context: Any) -> Any:
    """Answer with the report in the format asked for. Raises UserError for a wrong event."""
    own = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    request = read_request(event, own)
    return _RENDERERS[request.format](check(request, context, own))


def check(request: Request, context: Any, own: str) -> Report:
    """Do what is asked and return all of it."""
    other = own if request.probe and request.function != own else ""
    clients = connect()
    facts = collect(clients, request, probing_as=other)
    targets = list(dict.fromkeys([*request.targets, *discover(facts, request.discover)]))
    observations = run_probes(targets, _budget(context)) if request.probe else []
    addresses = [
        *(target.address or target.host for target in targets),
        *(address for each in observations for address in (each.address, *each.addresses)),
    ]
    facts = add_public_interfaces(clients, facts, addresses)
    return analyse(facts, targets, observations, request.plan)


def _budget(context: Any) -> float:
    """The seconds that probes may take."""
    left: float = context.get_remaining_time_in_millis() / 1000 - RESERVE_S
    return max(0.0, min(MOST_PROBING_S, left))


def analyse(
    facts: Facts,
    targets: Sequence[Target],
    observations: Sequence[Observation] = (),
    plan: Plan | None = None,
) -> Report:
    """Analyse the configuration, explain the observations by it, and work out the plan.

    Addresses that the probes found tell the analysis where a name leads.
    """
    function = Attachment.of(
        facts.sections.get("Function", {}), facts.sections.get("CapacityProvider")
    )
    seen: dict[str, list[str]] = {}
    for each in observations:
        found = each.addresses or ((each.address,) if each.address else ())
        known = seen.setdefault(each.target.host, [])
        known += [address for address in found if address not in known]
    inside = probed_inside(facts, function)
    answered = [each.address for each in observations if each.reached and inside]
    analysis = make_analysis(facts, function, targets, seen, answered)
    located = run_checks(analysis)
    if observations:
        located += probe_location_warning(facts, function)
    gravest = in_order([finding for _, finding in located])
    explanations = tuple(explain(observations, gravest, find_errors(analysis, located), inside))
    located = doubt_contradicted(located, explanations)
    findings = in_order([finding for _, finding in located])
    return Report(
        analysis=analysis,
        findings=tuple(findings),
        observations=tuple(observations),
        explanations=explanations,
        paths=tuple(draw_paths(analysis, located)),
        capacity=calculate(facts, function, plan) if plan else None,
    )


def run_probes(targets: Sequence[Target], budget_s: float) -> list[Observation]:
    """Probe the targets from here; nothing to do without any. Never raises for the network."""
    if not targets:
        return []
    from vpc_check.probes import probe_all

    return probe_all(targets, budget_s=budget_s)


def probed_inside(facts: Facts, function: Attachment) -> bool:
    """Whether the probes ran with the network of the function that is checked.

    From elsewhere, a laptop or another function, they say nothing about it.
    """
    if "Place" in facts.unknown:
        return False
    place = facts.sections.get("Place")
    if place is None:
        return True  # the function checks itself
    here = Attachment.of(place)
    return set(here.subnets) == set(function.subnets) and set(here.groups) == set(function.groups)


def probe_location_warning(facts: Facts, function: Attachment) -> Iterator[Located]:
    """Report probes that ran with other subnets or groups than the function that is checked."""
    place = facts.sections.get("Place")
    if place is None:
        return
    here = Attachment.of(place)
    if not probed_inside(facts, function):
        finding = Finding(
            "PROBED_FROM_ELSEWHERE",
            "warning",
            here.name,
            f"the probes ran in {here.name}, whose subnets or groups are not those of "
            f"{function.name or 'the VpcConfig'}: what they saw may not hold there",
            "deploy this check with the subnets and groups of the function, or read the "
            "configuration's findings only",
        )
        yield "function", finding
