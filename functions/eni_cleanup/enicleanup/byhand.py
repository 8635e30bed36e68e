"""Orders given by hand: show what would go, or do it.

An order is ``{"dry_run": bool, "functions": […], "subnets": […], "security_groups": […],
"vpc_id": …}``; dry_run and one of functions, subnets and vpc_id must be there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surefoot import Budget, DeadlineExceeded

from . import detach, report, targets
from .calls import Calls, OutOfTime
from .fate import KEEP
from .look import Seen, look, scope
from .outside import Outside
from .pair import Pair
from .sweep import Swept, sweep
from .targets import Targets

VERSION = 1
RESERVE_S = 5.0
LARGEST_RESERVE = 0.2
_KNOWN = {"dry_run", *targets.BY_HAND}


def run(event: Any, context: Any, outside: Outside | None = None) -> dict[str, Any]:
    """Carry an order out and return a result, whose table also goes to the log.

    ``done`` is false when time was up with interfaces left: give the same order again.

    :raises ValueError: the order makes no sense
    :raises Exception: what AWS refuses for good
    """
    outside = outside or Outside()
    dry, wanted = _order(event)
    reserve_s = min(RESERVE_S, Budget(context).seconds * LARGEST_RESERVE)
    calls = Calls(outside, lambda: Budget(context, reserve_s).seconds)
    if dry:
        return _show(calls, wanted)
    return _clean(calls, wanted, outside.config.poll_s)


def _order(event: Any) -> tuple[bool, Targets]:
    if not isinstance(event, Mapping) or not isinstance(event.get("dry_run"), bool):
        raise ValueError(
            "the event is neither a request of CloudFormation nor an order by hand; an order says "
            '{"dry_run": true, "functions": […]}, with false to carry it out'
        )
    unknown = set(event) - _KNOWN
    if unknown:
        raise ValueError(
            f"an order has no member {', '.join(sorted(unknown))}; there are "
            f"{', '.join(sorted(_KNOWN))}"
        )
    return event["dry_run"], targets.parse(event, targets.BY_HAND)


def _show(calls: Calls, wanted: Targets) -> dict[str, Any]:
    configs = {name: detach.config_of(calls, name) for name in wanted.functions}
    had: set[Pair] = set()
    for config in configs.values():
        if config is not None:
            had |= detach.pairs_now_or_noted(calls, config)
    seen = look(calls, scope(calls, wanted, had))
    return {
        **_result(seen, dry=True),
        "done": False,
        "detached": [],
        "would_detach": [name for name, config in configs.items() if config is not None],
        "deleted": 0,
        "would_delete": sum(each.fate != KEEP for each in seen),
    }


def _clean(calls: Calls, wanted: Targets, poll_s: float) -> dict[str, Any]:
    swept = Swept()
    done = True
    detached: Sequence[str] = ()
    try:
        had = detach.functions(calls, wanted.functions)
        detached = wanted.functions
        sweep(calls, scope(calls, wanted, had), poll_s, swept)
    except (OutOfTime, DeadlineExceeded):
        done = False
    return {
        **_result([*swept.left.values(), *swept.kept], dry=False),
        "done": done,
        "detached": list(detached),
        "deleted": swept.deleted,
        "trouble": calls.trouble,
        "refused": swept.refused,
    }


def _result(seen: Sequence[Seen], *, dry: bool) -> dict[str, Any]:
    text = report.as_table(seen)
    print(text)
    return {
        "version": VERSION,
        "dry_run": dry,
        "table": text,
        "interfaces": [report.as_json(each) for each in seen],
    }
