"""What a run costs at list prices, computed before it begins.

The prices are us-east-1's as published at https://aws.amazon.com/lambda/pricing/, /ecr/pricing/,
/sqs/pricing/ and /cloudwatch/pricing/; those of other regions are up to a third higher. The free
tier covers a run in most accounts. CloudFormation, IAM and function URLs cost nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Measured on 2026-11-26 over the REPORT lines of a run against the emulator (376 invocations, 13
# GB-seconds, 0.2 MB of logs), and multiplied by about 5: starts on Lambda are slower, and a run
# that goes wrong waits for time-outs.
INVOCATIONS = 2_000
GB_SECONDS = 65.0
LOG_GB = 0.001
# Two events that fail, an empty queue that is asked six times a minute, for half an hour.
QUEUE_REQUESTS = 500
IMAGE_GB = 0.5
STORED_HOURS = 24.0  # where the removal fails and a person does it the next day

USD_PER_INVOCATION = 0.20 / 1e6
USD_PER_GB_SECOND = 0.0000166667
USD_PER_LOG_GB = 0.50
USD_PER_QUEUE_REQUEST = 0.40 / 1e6
USD_PER_GB_MONTH = 0.10
_HOURS_OF_MONTH = 730.0


@dataclass(frozen=True)
class Item:
    """One part of the bill: how much of what, and its price in US dollars."""

    what: str
    usd: float


def estimate() -> list[Item]:
    """The parts of the bill, each at its upper bound."""
    stored = IMAGE_GB * STORED_HOURS / _HOURS_OF_MONTH
    return [
        Item(f"{INVOCATIONS:,} invocations", INVOCATIONS * USD_PER_INVOCATION),
        Item(f"{GB_SECONDS:g} GB-seconds of Lambda", GB_SECONDS * USD_PER_GB_SECOND),
        Item(f"{LOG_GB * 1000:g} MB of logs", LOG_GB * USD_PER_LOG_GB),
        Item(f"{QUEUE_REQUESTS} requests of SQS", QUEUE_REQUESTS * USD_PER_QUEUE_REQUEST),
        Item(f"{IMAGE_GB:g} GB in ECR for {STORED_HOURS:g} hours", stored * USD_PER_GB_MONTH),
    ]


def describe_cost() -> str:
    """The sum and its parts, for people."""
    items = estimate()
    parts = ", ".join(f"{each.what} (${each.usd:.4f})" for each in items)
    cents = math.ceil(100 * sum(each.usd for each in items))
    return (
        f"At list prices of us-east-1 and without the free tier it costs at most "
        f"${cents / 100:.2f}: {parts}."
    )
