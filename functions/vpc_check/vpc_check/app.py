"""Why can't my function reach it? The handler: read, collect, probe, assemble, render."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from vpc_check.assemble import assemble
from vpc_check.aws.clients import connect
from vpc_check.aws.collect import collect
from vpc_check.network.discover import discover
from vpc_check.probing import probe
from vpc_check.report import report as reports
from vpc_check.report.page import render as page
from vpc_check.report.report import Report
from vpc_check.report.text import render as text
from vpc_check.request import Request, read

RESERVE_S = 2.0  # for what comes after the probes
MOST_PROBING_S = 30.0
_RENDERERS: dict[str, Callable[[Report], Any]] = {
    "json": reports.to_json,
    # Bytes leave as they are: a table that is no JSON string, a page that a browser opens.
    "table": lambda report: text(report).encode(),
    "html": lambda report: page(report).encode(),
}


def handler(event: Any, context: Any) -> Any:
    """Answer with the report in the format asked for. Raises RequestError for a wrong event."""
    own = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    request = read(event, own)
    return _RENDERERS[request.format](check(request, context, own))


def check(request: Request, context: Any, own: str) -> Report:
    """Do what is asked and return all of it."""
    other = own if request.probe and request.function != own else ""
    facts = collect(connect(), request, probing_as=other)
    targets = list(dict.fromkeys([*request.targets, *discover(facts, request.discover)]))
    observations = probe(targets, _budget(context)) if request.probe else []
    return assemble(facts, targets, observations, request.plan)


def _budget(context: Any) -> float:
    """The seconds that probes may take."""
    left: float = context.get_remaining_time_in_millis() / 1000 - RESERVE_S
    return max(0.0, min(MOST_PROBING_S, left))
