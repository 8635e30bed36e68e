"""Orders without CloudFormation: show what would be deleted, or delete it.

An order is ``{"dry_run": bool, "functions": […], "subnets": […], "security_groups": […],
"vpc_id": …}``; dry_run and one of functions, subnets and vpc_id must be there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from surefoot import Budget, DeadlineExceeded
from surefoot.kit.errors import UserError

from . import detach, report, targets
from .aws import AwsCaller, Dependencies, OutOfTime
from .interfaces import NetworkConfig
from .inventory import KEEP, ScannedInterface, make_scope, scan
from .sweep import SweepProgress, sweep
from .targets import Targets

VERSION = 1
RESERVE_S = 5.0
MAX_RESERVE_FRACTION = 0.2
_KNOWN = {"dry_run", *targets.DIRECT}


def run_order(event: Any, context: Any, dependencies: Dependencies | None = None) -> dict[str, Any]:
    """Carry out an order and return the result, whose table is also logged.

    ``done`` is false when time was up with interfaces left: give the same order again.

    :raises UserError: the order is malformed
    :raises Exception: what AWS refuses permanently
    """
    dependencies = dependencies or Dependencies()
    dry, wanted = _parse_order(event)
    reserve_s = min(RESERVE_S, Budget(context).seconds * MAX_RESERVE_FRACTION)
    caller = AwsCaller(dependencies, lambda: Budget(context, reserve_s).seconds)
    if dry:
        return _plan(caller, wanted)
    return _delete_unused(caller, wanted, dependencies.config.poll_s)


def _parse_order(event: Any) -> tuple[bool, Targets]:
    if not isinstance(event, Mapping) or not isinstance(event.get("dry_run"), bool):
        raise UserError(
            "the event is neither a CloudFormation request nor a direct order",
            'an order is {"dry_run": true, "functions": […]}, with false to carry it out',
        )
    unknown = set(event) - _KNOWN
    if unknown:
        raise UserError(
            f"an order has no member {', '.join(sorted(unknown))}",
            f"there are {', '.join(sorted(_KNOWN))}",
        )
    return event["dry_run"], targets.parse(event, targets.DIRECT)


def _get_configs(caller: AwsCaller, wanted: Targets) -> dict[str, Mapping[str, Any]]:
    """The configurations of the functions that the order names.

    :raises UserError: there is no such function here
    """
    found = {name: detach.get_config(caller, name) for name in wanted.functions}
    missing = [name for name, config in found.items() if config is None]
    if missing:
        raise UserError(
            f"there is no function {', '.join(missing)} in account {caller.account()}",
            'correct "functions"; for the interfaces of a function that is gone, name its subnets '
            "and security groups",
        )
    return {name: config for name, config in found.items() if config is not None}


def _plan(caller: AwsCaller, wanted: Targets) -> dict[str, Any]:
    configs = _get_configs(caller, wanted)
    had: set[NetworkConfig] = set()
    for config in configs.values():
        had |= detach.current_or_tagged_configs(caller, config)
    names = [str(config["FunctionName"]) for config in configs.values()]
    seen, _ = scan(caller, make_scope(caller, wanted, had, names))
    return {
        **_result(seen, dry=True),
        "done": False,
        "detached": [],
        "would_detach": names,
        "deleted": 0,
        "would_delete": sum(each.decision != KEEP for each in seen),
    }


def _delete_unused(caller: AwsCaller, wanted: Targets, poll_s: float) -> dict[str, Any]:
    swept = SweepProgress()
    done = True
    detachment = detach.Detachment((), frozenset(), {})
    try:
        _get_configs(caller, wanted)
        detachment = detach.detach_functions(caller, wanted.functions)
        where = make_scope(caller, wanted, detachment.configs, detachment.names)
        sweep(caller, where, poll_s, swept)
    except (OutOfTime, DeadlineExceeded):
        done = False
    return {
        **_result([*swept.left.values(), *swept.kept], dry=False),
        "done": done,
        "detached": list(detachment.names),
        "not_detached": dict(detachment.left),
        "deleted": swept.deleted,
        "trouble": caller.last_error,
        "refused": swept.refused,
    }


def _result(seen: Sequence[ScannedInterface], *, dry: bool) -> dict[str, Any]:
    text = report.as_table(seen)
    print(text)
    return {
        "version": VERSION,
        "dry_run": dry,
        "table": text,
        "interfaces": [report.as_json(each) for each in seen],
    }
