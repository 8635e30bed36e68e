"""Source: AWS Lambda FAQ: TCP port 25 is blocked against spam."""

from __future__ import annotations

from collections.abc import Iterator

from vpc_check.findings import Finding
from vpc_check.network.paths import Case


def check(case: Case) -> Iterator[Finding]:
    """Report targets on TCP port 25."""
    for destination in case.destinations:
        target = destination.target
        if target.port == 25 and target.transport == "tcp":
            yield Finding(
                "LAMBDA_PORT_25_BLOCKED",
                "error",
                target.host,
                "Lambda blocks TCP port 25, whatever the VPC allows",
                "send mail through port 587, or through the API of Amazon SES",
                target.text,
            )
