"""A function with SnapStart hooks."""

from __future__ import annotations

from typing import Any

import surefoot

seen: list[str] = []


@surefoot.before_snapshot
def _before() -> None:
    seen.append("before the snapshot")


@surefoot.after_restore
def _after() -> None:
    seen.append("after the restore")


def handler(event: Any, context: Any) -> Any:
    return seen
