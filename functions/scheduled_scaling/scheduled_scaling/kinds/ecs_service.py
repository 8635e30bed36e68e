"""An ECS service: its desired count, together with the bounds of its autoscaler.

The bounds move first. A count outside of them stays only until the next alarm ("Target tracking
scaling policies", Application Auto Scaling User Guide).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import Problem
from scheduled_scaling.kinds import bounds, ecs_tags, scalable
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Plan, Reading, State, Target
from scheduled_scaling.validation import Fields

batch = 50
tagging: Tagging | None = ecs_tags
_AT_ONCE = 10  # services in a describe call
_NAMESPACE = "ecs"
_DIMENSION = "ecs:service:DesiredCount"
_NAMES = r"[A-Za-z0-9_-]{1,255}"
_HINT = "give the plain name, without arn: and slashes"


def group(target: Target) -> str:
    return target.where["cluster"]


def address(fields: Fields) -> Mapping[str, str]:
    return {name: fields.text(name, _NAMES, _HINT) for name in ("cluster", "service")}


def wish(fields: Fields) -> State:
    wished = bounds.take(fields, "desired", "min", "max")
    if "desired" not in wished:
        fields.take("desired")
    return wished


def read(cloud: Cloud, targets: Sequence[Target]) -> Mapping[str, Reading | Problem]:
    cluster = targets[0].where["cluster"]
    found: dict[str, Any] = {}
    for start in range(0, len(targets), _AT_ONCE):
        names = [target.where["service"] for target in targets[start : start + _AT_ONCE]]
        answer = cloud.client("ecs").describe_services(
            cluster=cluster, services=names, include=["TAGS"]
        )
        found |= {service["serviceName"]: service for service in answer["services"]}
    registered = scalable.describe(cloud, _NAMESPACE, [_resource(t) for t in targets], _DIMENSION)
    readings: dict[str, Reading | Problem] = {}
    for target in targets:
        service = found.get(target.where["service"])
        if service is None or service["status"] == "INACTIVE":
            readings[target.name] = Problem(
                f"there is no service {target.where['service']} in the cluster {cluster}",
                "correct the scenario, or deploy the service",
            )
            continue
        bound = registered.get((_resource(target), _DIMENSION))
        state = {
            "desired": service["desiredCount"],
            "running": service.get("runningCount", 0),
            "status": service["status"],
            "strategy": service.get("schedulingStrategy", "REPLICA"),
            "min": bound["MinCapacity"] if bound else None,
            "max": bound["MaxCapacity"] if bound else None,
        }
        tags = {tag["key"]: tag["value"] for tag in service.get("tags", [])}
        readings[target.name] = Reading(state, service["serviceArn"], tags)
    return readings


def plan(target: Target, actual: State, wish: State) -> Plan:
    _refuse_wrong_states(actual, wish)
    actions = []
    if actual["min"] is not None:
        low, high = bounds.around(wish["desired"], actual["min"], actual["max"], dict(wish))
        if (low, high) != (actual["min"], actual["max"]):
            if low > high:
                raise Problem(
                    f"the minimum {low} would be above the maximum {high}", "give both in the step"
                )
            does = "autoscaler's " + ", ".join(
                bounds.words(actual[name], value, name)
                for name, value in (("min", low), ("max", high))
                if actual[name] != value
            )
            change = {"MinCapacity": low, "MaxCapacity": high}
            resource = _resource(target)
            actions.append(scalable.register(_NAMESPACE, resource, _DIMENSION, change, does))
    if actual["desired"] != wish["desired"]:
        actions.append(ecs_tags.update(target.where, actual["desired"], wish["desired"]))
    note = "" if actual["min"] is not None else "no autoscaler is registered for it"
    return Plan(tuple(actions), note=note)


def previous(actual: State, wish: State) -> State:
    names = ["desired"] if actual["min"] is None else ["desired", "min", "max"]
    return {name: actual[name] for name in names}


def units(state: State, wish: State) -> Mapping[str, float]:
    return {"ecs-task": wish.get("desired", state["desired"])}


def _refuse_wrong_states(actual: State, wish: State) -> None:
    if actual["status"] != "ACTIVE":
        raise Problem(f"the service is {actual['status']}", "deploy it again")
    if actual["strategy"] == "DAEMON":
        raise Problem(
            "the service runs one task per instance (DAEMON) and has no desired count",
            "scale the instances instead",
        )
    if actual["min"] is None and ("min" in wish or "max" in wish):
        raise Problem(
            "the step gives min or max, but no autoscaler is registered for the service",
            "register it as a scalable target, or leave min and max out",
        )


def _resource(target: Target) -> str:
    return f"service/{target.where['cluster']}/{target.where['service']}"
