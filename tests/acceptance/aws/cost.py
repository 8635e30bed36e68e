"""What a run costs at list prices, computed before it begins.

The prices are us-east-1's, of https://aws.amazon.com/lambda/pricing/ and its neighbours; those of
other regions are up to a third higher. The two of Lambda's invocations were compared with public
pages on 2026-11-26, the others were not. The free tier covers a run in most accounts.
CloudFormation, IAM, function URLs and standard parameters cost nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Measured on 2026-11-26 over the REPORT lines of a run against the emulator (325 invocations, 8
# GB-seconds, 0.1 MB of logs), and multiplied by at least 5: starts on Lambda are slower, and a run
# that goes wrong waits for time-outs.
INVOCATIONS = 2_000
GB_SECONDS = 65.0
LOG_GB = 0.001
# Three events; an empty queue is asked six times a minute, for half an hour.
QUEUE_REQUESTS = 500
IMAGES_GB = 0.5  # compressed, of both
SNAPSHOT_GB = 0.25
RESTORES = 10
HOURS = 3.0  # at least; for so long Lambda charges a snapshot in any case

USD_PER_INVOCATION = 0.20 / 1e6
USD_PER_GB_SECOND = 0.0000166667
USD_PER_LOG_GB = 0.50
USD_PER_QUEUE_REQUEST = 0.40 / 1e6
USD_PER_ECR_GB_HOUR = 0.10 / 730
USD_PER_TABLE_HOUR = 0.00013 + 0.00065  # one unit of reading and one of writing
USD_PER_SNAPSHOT_GB_HOUR = 0.0000015046 * 3600
USD_PER_RESTORED_GB = 0.0001397998


@dataclass(frozen=True)
class Item:
    """One part of the bill: how much of what, and its price in US dollars."""

    what: str
    usd: float


def estimate_use() -> list[Item]:
    """What is paid for what runs."""
    restored = RESTORES * SNAPSHOT_GB
    return [
        Item(f"{INVOCATIONS:,} invocations", INVOCATIONS * USD_PER_INVOCATION),
        Item(f"{GB_SECONDS:g} GB-seconds of Lambda", GB_SECONDS * USD_PER_GB_SECOND),
        Item(f"{LOG_GB * 1000:g} MB of logs", LOG_GB * USD_PER_LOG_GB),
        Item(f"{QUEUE_REQUESTS} requests of SQS", QUEUE_REQUESTS * USD_PER_QUEUE_REQUEST),
        Item(f"{RESTORES} restores of a snapshot", restored * USD_PER_RESTORED_GB),
    ]


def estimate_stay(hours: float) -> list[Item]:
    """What is paid for what is there."""
    period = f"for {hours:g} hours"
    snapshot = SNAPSHOT_GB * USD_PER_SNAPSHOT_GB_HOUR
    return [
        Item(f"{IMAGES_GB:g} GB in ECR {period}", hours * IMAGES_GB * USD_PER_ECR_GB_HOUR),
        Item(f"a table of one unit {period}", hours * USD_PER_TABLE_HOUR),
        Item(f"a snapshot of {SNAPSHOT_GB:g} GB {period}", hours * snapshot),
    ]


def describe_cost() -> str:
    """The sum and its parts, for people."""
    items = [*estimate_use(), *estimate_stay(HOURS)]
    parts = ", ".join(f"{each.what} (${each.usd:.4f})" for each in items)
    return (
        f"At list prices of us-east-1 and without the free tier it costs at most "
        f"{_format(items)}: {parts}. What a failed removal leaves costs "
        f"{_format(estimate_stay(24))} a day."
    )


def _format(items: list[Item]) -> str:
    cents = math.ceil(100 * sum(each.usd for each in items))
    return f"${cents / 100:.2f}"
