"""An ECS service: its desired count, together with the bounds of its autoscaler.

The bounds move first. A count outside of them stays only until the next alarm ("Target tracking
scaling policies", Application Auto Scaling User Guide).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scheduled_scaling.aws import AwsClients
from scheduled_scaling.errors import TargetError
from scheduled_scaling.kinds import bounds, scalable
from scheduled_scaling.kinds.kind import Tagging
from scheduled_scaling.model import Action, Plan, Reading, State, Tags, Target
from scheduled_scaling.validation import MappingReader


class _Tags:
    """Tags of services."""

    def fetch(self, aws: AwsClients, reading: Reading) -> Tags:
        response = aws.client("ecs").list_tags_for_resource(resourceArn=reading.arn)
        return {tag["key"]: tag["value"] for tag in response["tags"]}

    def tag(self, reading: Reading, tags: Tags) -> Action:
        entries = [{"key": key, "value": value} for key, value in tags.items()]
        arguments = {"resourceArn": reading.arn, "tags": entries}
        return Action("ecs", "tag_resource", arguments, "save the state in tags")

    def untag(self, reading: Reading, keys: Sequence[str]) -> Action:
        arguments = {"resourceArn": reading.arn, "tagKeys": list(keys)}
        return Action("ecs", "untag_resource", arguments, "delete the saved state's tags")


max_batch = 50
tagging: Tagging | None = _Tags()
_AT_ONCE = 10  # services in a describe call
_NAMESPACE = "ecs"
_DIMENSION = "ecs:service:DesiredCount"
_NAMES = r"[A-Za-z0-9_-]{1,255}"
_HINT = "give the plain name, without arn: and slashes"


def batch_key(target: Target) -> str:
    return target.address["cluster"]


def resource(address: Mapping[str, str]) -> str:
    name = f"service/{address['cluster']}/{address['service']}"
    return scalable.resource(_NAMESPACE, name, _DIMENSION)


def parse_address(reader: MappingReader) -> Mapping[str, str]:
    return {name: reader.text(name, _NAMES, _HINT) for name in ("cluster", "service")}


def parse_desired_state(reader: MappingReader) -> State:
    desired_state = bounds.read_bounds(reader, "desired", "min", "max")
    if "desired" not in desired_state:
        reader.take("desired")
    return desired_state


def read(aws: AwsClients, targets: Sequence[Target]) -> Mapping[str, Reading | TargetError]:
    cluster = targets[0].address["cluster"]
    found: dict[str, Any] = {}
    for start in range(0, len(targets), _AT_ONCE):
        names = [target.address["service"] for target in targets[start : start + _AT_ONCE]]
        answer = aws.client("ecs").describe_services(
            cluster=cluster, services=names, include=["TAGS"]
        )
        found |= {service["serviceName"]: service for service in answer["services"]}
    registered = scalable.describe(aws, _NAMESPACE, [_resource(t) for t in targets], _DIMENSION)
    readings: dict[str, Reading | TargetError] = {}
    for target in targets:
        service = found.get(target.address["service"])
        if service is None or service["status"] == "INACTIVE":
            readings[target.name] = TargetError(
                f"there is no service {target.address['service']} in the cluster {cluster}",
                "correct the scenario, or deploy the service",
            )
            continue
        bound = registered.get((_resource(target), _DIMENSION))
        state = {
            "desired": service["desiredCount"],
            "running": service.get("runningCount", 0),
            **_rollout(service),
            "status": service["status"],
            "strategy": service.get("schedulingStrategy", "REPLICA"),
            "min": bound["MinCapacity"] if bound else None,
            "max": bound["MaxCapacity"] if bound else None,
        }
        tags = {tag["key"]: tag["value"] for tag in service.get("tags", [])}
        readings[target.name] = Reading(state, service["serviceArn"], tags)
    return readings


def plan(target: Target, actual: State, desired_state: State) -> Plan:
    _check_state(actual, desired_state)
    actions = []
    if actual["min"] is not None:
        low, high = bounds.widen(
            desired_state["desired"], actual["min"], actual["max"], dict(desired_state)
        )
        if (low, high) != (actual["min"], actual["max"]):
            if low > high:
                raise TargetError(
                    f"the minimum {low} would be above the maximum {high}", "give both in the step"
                )
            description = "autoscaler's " + ", ".join(
                bounds.describe_change(actual[name], value, name)
                for name, value in (("min", low), ("max", high))
                if actual[name] != value
            )
            change = {"MinCapacity": low, "MaxCapacity": high}
            resource = _resource(target)
            actions.append(scalable.register(_NAMESPACE, resource, _DIMENSION, change, description))
    if actual["desired"] != desired_state["desired"]:
        arguments = {**target.address, "desiredCount": desired_state["desired"]}
        description = bounds.describe_change(actual["desired"], desired_state["desired"], "desired")
        actions.append(
            Action("ecs", "update_service", arguments, description, duration_key="ecs-desired")
        )
    note = "" if actual["min"] is not None else "no autoscaler is registered for it"
    waiting = "" if actions else _describe_wait(actual)
    return Plan(tuple(actions), waiting, note)


def _rollout(service: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the newest deployment's state: that it failed (see "circuit breaker"), or is going on.

    While an older one still runs, its tasks are among the service's running ones. The only one of
    a service is in progress until the service was steady once: its tasks say enough.
    """
    deployments = service.get("deployments", [])
    for deployment in deployments:
        if deployment["status"] != "PRIMARY":
            continue
        if deployment.get("rolloutState") == "FAILED":
            return {"rollout": "FAILED", "reason": deployment.get("rolloutStateReason", "")}
        if deployment.get("rolloutState") == "IN_PROGRESS" and len(deployments) > 1:
            return {"rollout": "IN_PROGRESS", "new": deployment.get("runningCount", 0)}
    return {}


def _describe_wait(actual: State) -> str:
    """Return what the capacity waits for. ECS accepts any count; tasks may start later, or never.

    Nor do they end at once: until then, what they use must not become smaller.
    """
    desired, running = actual["desired"], actual["running"]
    if actual.get("rollout") == "FAILED" and desired:
        raise TargetError(
            f"{running} of {desired} tasks run, and the deployment failed: {actual['reason']}",
            "see the service's events, and deploy it again",
        )
    if actual.get("rollout") == "IN_PROGRESS" and desired:
        return f"{actual['new']} of {desired} tasks of a deployment in progress run"
    if running > desired:
        return f"{running - desired} tasks to end"
    return f"{running} of {desired} tasks run" if running < desired else ""


def state_to_restore(actual: State, desired_state: State) -> State:
    names = ["desired"] if actual["min"] is None else ["desired", "min", "max"]
    return {name: actual[name] for name in names}


def fall_back(desired_state: State) -> State | None:
    return None


def billed_units(state: State, desired_state: State) -> Mapping[str, float]:
    return {"ecs-task": desired_state.get("desired", state["desired"])}


def _check_state(actual: State, desired_state: State) -> None:
    if actual["status"] != "ACTIVE":
        raise TargetError(f"the service is {actual['status']}", "deploy it again")
    if actual["strategy"] == "DAEMON":
        raise TargetError(
            "the service runs one task per instance (DAEMON) and has no desired count",
            "scale the instances instead",
        )
    if actual["min"] is None and ("min" in desired_state or "max" in desired_state):
        raise TargetError(
            "the step gives min or max, but no autoscaler is registered for the service",
            "register it as a scalable target, or leave min and max out",
        )


def _resource(target: Target) -> str:
    return f"service/{target.address['cluster']}/{target.address['service']}"
