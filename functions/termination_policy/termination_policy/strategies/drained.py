"""`drained:eks://CLUSTER` or `drained:SECRET`: nodes that `kubectl drain` emptied.

They are cordoned and run nothing but DaemonSets' pods. The API server itself is asked: that of an
EKS cluster with the function's own role, another one with a token from Secrets Manager.
"""

from __future__ import annotations

from collections.abc import Iterator

from termination_policy.event import Instance
from termination_policy.kubernetes import Kubernetes, read_eks_server, read_secret
from termination_policy.strategy import Strategy, StrategyContext


def make(argument: str) -> Strategy:
    """Return the strategy; the secret is a name or ARN in Secrets Manager. Raises ValueError."""
    is_eks = argument.startswith("eks://")
    name = argument.removeprefix("eks://")
    if not name:
        raise ValueError(
            "drained:eks://CLUSTER, or drained:SECRET with a secret of server, token and ca"
        )
    read_server = read_eks_server if is_eks else read_secret

    def step(instances: Iterator[Instance], context: StrategyContext) -> Iterator[Instance]:
        kubernetes = Kubernetes(read_server(name, context), context)
        nodes = kubernetes.cordoned()
        for one in instances:
            context.deadline.check()
            if one.id in nodes and not any(map(_holds, kubernetes.pods(nodes[one.id]))):
                yield one

    return Strategy(step, services=("eks", "sts") if is_eks else ("secretsmanager",))


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
