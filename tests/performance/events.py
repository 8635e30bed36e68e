"""Events of a wanted size, made like those that queues and streams deliver: many small records."""

from __future__ import annotations

import json
from typing import Any

SIZES = {"1 kB": 1_000, "10 kB": 10_000, "100 kB": 100_000, "1 MB": 1_000_000, "5 MB": 5_000_000}


def _record(number: int) -> dict[str, Any]:
    return {
        "messageId": f"{number:08d}-3c1e-4a52-9f0b-5d2f6a7c8e90",
        "body": f"Order {number} for Zoë: “two boxes”, as usual",
        "attributes": {"sender": "AIDAIENQZJOLO23YVJ4VO", "sent": 1545082649183 + number},
        "weight": number * 0.37,
        "express": number % 3 == 0,
        "parent": None,
    }


def event(size: int) -> str:
    """The JSON text of an event of `size` bytes, give or take one record."""
    records: list[dict[str, Any]] = []
    length = len('{"Records": []}')
    while length < size - 100:
        record = _record(len(records))
        length += len(json.dumps(record)) + 2
        records.append(record)
    return json.dumps({"Records": records})
