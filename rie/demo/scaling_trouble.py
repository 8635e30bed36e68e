"""A night with trouble: no capacity, a step that is late, and a hold until the morning."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rie.demo.aws import scaling_fixtures
from rie.demo.aws.moto_server import ACCOUNT, REGION
from rie.demo.scene import Demo

FULL = "db.r6g.4xlarge"  # AWS has no machine of this class tonight
SCENARIO = "trouble"
DOCUMENT: Mapping[str, Any] = {
    "version": 1,
    "scenarios": {
        SCENARIO: {
            "rest": "scale-in",
            "targets": {
                "orders-db": {
                    "kind": "docdb-instances",
                    "cluster": "orders",
                    "steps": {
                        "scale-out": {"class": FULL, "fallback": ["db.r6g.2xlarge"]},
                        "scale-in": {"class": "db.r6g.large"},
                    },
                },
                "workers": {
                    "kind": "ecs-service",
                    "cluster": "batch",
                    "service": "workers",
                    "after": ["orders-db"],
                    "steps": {"scale-out": {"desired": 20}, "scale-in": {"desired": 2}},
                },
            },
        }
    },
}


def run(demo: Demo, variables: Mapping[str, str]) -> bool:
    """Whether the fallback was taken, the lateness announced, and the way in held and resumed."""
    scaling_fixtures.table()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file, _full():
        json.dump(DOCUMENT, file)
        file.flush()
        settings = {
            "SCALING_SCENARIOS": file.name,
            "SCALING_TABLE": scaling_fixtures.TABLE,
            "SCALING_CONTINUE_BY": "return",  # so that the demo shows each invocation
            "SCALING_EVENT_BUS": "default",
        }
        with demo.started({**variables, **settings}):
            return _late_night(demo) and _held_morning(demo)


def _late_night(demo: Demo) -> bool:
    """The database gets a smaller class; no task starts until after the time that was given."""
    with _no_tasks():
        first = _send(demo, "scale-out", by=_ago(1))
        fallback = next(t for t in first["targets"] if t["name"] == "orders-db")["fallbacks"]
        demo.block("fallback", "\n".join(fallback))
        second = _post(demo, first["next"])
        waiting = next(t for t in second["targets"] if t["name"] == "workers")["waiting"]
        demo.block("waiting", f"workers: {waiting}")
    last = _post(demo, second["next"])
    demo.block("answer", f"{last['status']}, reached: {last['reached']}")
    return len(fallback) == 1 and first["status"] == "in progress" and bool(last["reached"])


def _held_morning(demo: Demo) -> bool:
    """The batch is not done in the morning: a person keeps the capacity, and lets go of it."""
    tomorrow = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=1)
    hold = _send(demo, "hold", until=f"{tomorrow:%Y-%m-%dT09:00:00Z}")
    demo.block("answer", json.dumps(hold["hold"]))
    held = _send(demo, "scale-in")
    demo.block("answer", f"{held['status']} until {held['wait_until']}")
    resumed = _send(demo, "resume")
    answer = _post(demo, resumed["next"])
    demo.block("answer", f"{answer['status']}, reached: {answer['reached']}")
    return held["status"] == "held" and bool(answer["reached"])


def _send(demo: Demo, step: str, **more: str) -> Any:
    event = json.dumps({"scenario": SCENARIO, "step": step, **more})
    reply = demo.post(event)
    for line in reply.log:
        if '"NotReached": 1' in line:
            demo.block("metric", "NotReached 1: the template's alarm rings")
    return reply.json


def _post(demo: Demo, event: Any) -> Any:
    demo.block("request", "the event in `next`, as Step Functions would send it")
    return demo.post(json.dumps(event), show=False).json


def _ago(seconds: int) -> str:
    moment = dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@contextmanager
def _full() -> Iterator[None]:
    """Let moto refuse the class FULL, as AWS does when it has no machine of it."""
    from moto.core.exceptions import ServiceException
    from moto.rds.models import RDSBackend

    original = RDSBackend.modify_db_instance

    class InsufficientCapacity(ServiceException):
        code = "InsufficientDBInstanceCapacity"
        message = "no capacity in these zones"

    def modify(self: Any, db_instance_identifier: str, db_kwargs: dict[str, Any]) -> Any:
        if db_kwargs.get("db_instance_class") == FULL:
            raise InsufficientCapacity
        return original(self, db_instance_identifier, db_kwargs)

    RDSBackend.modify_db_instance = modify  # type: ignore[method-assign]
    try:
        yield
    finally:
        RDSBackend.modify_db_instance = original  # type: ignore[method-assign]


@contextmanager
def _no_tasks() -> Iterator[None]:
    """Let moto accept a service's count and start no task until the end."""
    from moto.ecs.models import Service, ecs_backends

    # moto counts in an attribute of each service; a property of the class is found before it.
    service_class: Any = Service
    service_class.running_count = property(lambda _: 0, lambda _, __: None)
    try:
        yield
    finally:
        del service_class.running_count
        for service in ecs_backends[ACCOUNT][REGION].services.values():
            service.running_count = service.desired_count
