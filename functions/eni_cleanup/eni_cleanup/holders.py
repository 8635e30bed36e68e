"""Who uses a pair of subnet and security groups: functions and their published versions.

Source: "ListFunctions", AWS Lambda API Reference.
"""

from __future__ import annotations

from collections.abc import Mapping

from .aws import Calls
from .pair import Pair, pairs_of

Holders = Mapping[Pair, tuple[str, ...]]


def find(calls: Calls) -> Holders:
    """Return the users of every pair in the account and region, ``name`` or ``name:version``.

    A published version keeps the VpcConfig that its function had, whatever becomes of the function.
    """
    client = calls.client("lambda")
    found: dict[Pair, list[str]] = {}
    marker: dict[str, str] = {}
    while True:
        page = calls.make(
            "lambda", "lambda", client.list_functions, FunctionVersion="ALL", **marker
        )
        for each in page["Functions"]:
            version = each.get("Version", "$LATEST")
            name = each["FunctionName"]
            holder = name if version == "$LATEST" else f"{name}:{version}"
            for pair in pairs_of(each.get("VpcConfig")):
                found.setdefault(pair, []).append(holder)
        if not page.get("NextMarker"):
            return {pair: tuple(sorted(set(names))) for pair, names in found.items()}
        marker = {"Marker": page["NextMarker"]}
