"""`drained:SECRET`: nodes of Kubernetes that are cordoned and run nothing but DaemonSets' pods.

That is what `kubectl drain` leaves behind. The API server itself is asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from termination_policy.event import Instance
from termination_policy.kubernetes import Kubernetes
from termination_policy.strategy import Strategy, StrategyContext


def make(argument: str) -> Strategy:
    """Return the strategy; the secret is a name or ARN in Secrets Manager. Raises ValueError."""
    if not argument:
        raise ValueError("drained:SECRET, the name of a secret with server, token and ca")

    def step(instances: Iterator[Instance], context: StrategyContext) -> Iterator[Instance]:
        kubernetes = Kubernetes(argument, context)
        nodes = kubernetes.cordoned()
        for one in instances:
            context.deadline.check()
            if one.id in nodes and not any(map(_holds, kubernetes.pods(nodes[one.id]))):
                yield one

    return Strategy(step, services=("secretsmanager",))


def _holds(pod: dict[str, object]) -> bool:
    """Whether a pod would be lost with its node, by the rules of `kubectl drain`."""
    metadata, status = pod.get("metadata"), pod.get("status")
    if not isinstance(metadata, dict) or not isinstance(status, dict):
        return True
    if status.get("phase") in ("Succeeded", "Failed"):
        return False
    if "kubernetes.io/config.mirror" in (metadata.get("annotations") or {}):
        return False
    owners = metadata.get("ownerReferences") or []
    return not any(owner.get("kind") == "DaemonSet" and owner.get("controller") for owner in owners)
