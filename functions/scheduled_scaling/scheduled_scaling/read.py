"""Reading the state of many targets: in batches, several at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from scheduled_scaling.aws import Cloud
from scheduled_scaling.errors import CallFailed
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import Reading, Target


def read_all(
    cloud: Cloud, targets: Sequence[Target], parallel: int
) -> Mapping[str, Reading | Exception]:
    """Return each target's reading by name, or the error that stands for it."""
    batches = list(_batches(targets))
    readings: dict[str, Reading | Exception] = {}
    if parallel == 1 or len(batches) == 1:
        for batch in batches:
            readings |= _read(cloud, batch)
        return readings
    with ThreadPoolExecutor(parallel) as pool:
        for part in pool.map(lambda batch: _read(cloud, batch), batches):
            readings |= part
    return readings


def _batches(targets: Sequence[Target]) -> Iterator[list[Target]]:
    def family(target: Target) -> tuple[str, str]:
        return target.kind, KINDS[target.kind].group(target)

    for (kind, _), group in groupby(sorted(targets, key=family), family):
        members = list(group)
        size = KINDS[kind].batch
        yield from (members[start : start + size] for start in range(0, len(members), size))


def _read(cloud: Cloud, batch: Sequence[Target]) -> Mapping[str, Reading | Exception]:
    try:
        return KINDS[batch[0].kind].read(cloud, batch)
    except Exception as error:  # told with its targets
        failed = CallFailed(cloud.last, error)
        return dict.fromkeys((target.name for target in batch), failed)
