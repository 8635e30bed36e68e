"""functions/scheduled_scaling on a night: bigger before the batch, and as it was after it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rie.cloud import night
from rie.demo.local_aws import local_aws
from rie.demo.stage import Reply, Stage
from surefoot.kit.tables import format_table

State = tuple[dict[str, tuple[str, int, bool]], tuple[int, int, int]]


def play(stage: Stage) -> bool:
    """Whether it grew as planned, and all was as before in the morning."""
    with local_aws() as variables:
        night.night()
        # As scenarios.yaml wants it by day: moto makes all instances with the same tier.
        night.client("docdb").modify_db_instance(DBInstanceIdentifier="orders-1", PromotionTier=0)
        before = _state()
        stage.block("before", _shown(before))
        # moto's engine for this client; on AWS it is docdb.
        with stage.started({**variables, "SCALING_ENGINES": "neptune"}):
            plan = stage.post("1-dry-run.json")
            stage.block("plan", "\n".join(_member(plan, "plan")))
            untouched = _state() == before
            _act(stage, "2-scale-out.json")
            grown = _state()
            stage.block("state", _shown(grown))
            _act(stage, "4-scheduler-input.json")
            after = _state()
            stage.block("state", _shown(after))
    instances, (_, desired, _) = grown
    big = [size for size, _, _ in instances.values()] == ["db.r6g.2xlarge"] * 4
    return untouched and big and desired == 20 and after == before


def _act(stage: Stage, event: str) -> None:
    reply = stage.post(event)
    rows = [
        (target["name"], target["status"], action)
        for target in _member(reply, "targets")
        for action in target["actions"] or [None]
    ]
    stage.block("answer", format_table(["target", "status", "done"], rows))


def _member(reply: Reply, name: str) -> list[Any]:
    told = reply.json
    return list(told[name]) if isinstance(told, dict) and name in told else []


def _state() -> State:
    return night.instances(), night.service()


def _shown(state: State) -> str:
    instances, (least, desired, most) = state
    sizes = Counter(size for size, _, _ in instances.values())
    database = ", ".join(f"{count} of {size}" for size, count in sizes.items())
    return f"cluster orders: {database}; service workers: {desired} tasks ({least} to {most})"
