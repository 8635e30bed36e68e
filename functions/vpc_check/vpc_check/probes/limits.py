"""How many probes at a time, and how long each: what there is, shared out."""

from __future__ import annotations

import math
from pathlib import Path

MOST_THREADS = 128
STEP_S = 4.0  # three SYNs: Linux sends them after 0, 1 and 3 s (RFC 6298 section 2)
SHORTEST_STEP_S = 1.2  # two SYNs
MOST_ADDRESSES = 4  # of a name, in each family
LISTEN_S = 0.2  # for what a server says or does right after the connection
_DESCRIPTORS_EACH = 3  # a socket, or what the resolver opens
_DESCRIPTORS_SPARE = 32


def width() -> int:
    """How many threads there may be: as many as descriptors are left for, 128 at most."""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MOST_THREADS
    opened = len(list(Path("/proc/self/fd").iterdir()))
    free = limit - opened - _DESCRIPTORS_SPARE
    return max(1, min(MOST_THREADS, free // _DESCRIPTORS_EACH))


def step_s(targets: int, threads: int, budget_s: float) -> float:
    """How long a step of a probe may take, so that all targets get their turn if all are silent.

    A probe has two steps that may take this long: connecting, and what comes after it.
    """
    rounds = math.ceil(targets / threads)
    return max(SHORTEST_STEP_S, min(STEP_S, budget_s / (2 * rounds)))
