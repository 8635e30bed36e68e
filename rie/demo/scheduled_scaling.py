"""functions/scheduled_scaling: scales up before a batch job and down after it."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

from rie.console import format_table
from rie.demo import scaling_trouble
from rie.demo.aws import scaling_fixtures
from rie.demo.aws.moto_server import local_aws
from rie.demo.scene import Demo, Response

State = tuple[dict[str, tuple[str, int, bool]], tuple[int, int, int]]


def run(demo: Demo) -> bool:
    """Whether it scaled up as planned, and back to the state before."""
    with local_aws() as variables:
        scaling_fixtures.night()
        # As scenarios.yaml wants it by day: moto makes all instances with the same tier.
        scaling_fixtures.client("docdb").modify_db_instance(
            DBInstanceIdentifier="orders-1", PromotionTier=0
        )
        before = _state()
        demo.block("before", _shown(before))
        # moto's engine for this client; on AWS it is docdb.
        with demo.started({**variables, "SCALING_ENGINES": "neptune"}):
            plan = demo.post("1-dry-run.json")
            demo.block("plan", "\n".join(_member(plan, "plan")))
            untouched = _state() == before
            _act(demo, "2-scale-out.json")
            grown = _state()
            demo.block("state", _shown(grown))
            _act(demo, "4-scheduler-input.json")
            after = _state()
            demo.block("state", _shown(after))
        trouble = scaling_trouble.run(demo, {**variables, "SCALING_ENGINES": "neptune"})
    instances, (_, desired, _) = grown
    big = [size for size, _, _ in instances.values()] == ["db.r6g.2xlarge"] * 4
    return untouched and big and desired == 20 and after == before and trouble


def _act(demo: Demo, event: str) -> None:
    reply = demo.post(event)
    rows = [
        (target["name"], target["status"], action)
        for target in _member(reply, "targets")
        for action in target["actions"] or [None]
    ]
    demo.block("answer", format_table(["target", "status", "done"], rows, sys.stdout))


def _member(reply: Response, name: str) -> list[Any]:
    body = reply.json
    return list(body[name]) if isinstance(body, dict) and name in body else []


def _state() -> State:
    return scaling_fixtures.instances(), scaling_fixtures.service()


def _shown(state: State) -> str:
    instances, (least, desired, most) = state
    sizes = Counter(size for size, _, _ in instances.values())
    database = ", ".join(f"{count} of {size}" for size, count in sizes.items())
    return f"cluster orders: {database}; service workers: {desired} tasks ({least} to {most})"
