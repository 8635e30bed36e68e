"""A wanted number with a minimum and a maximum around it, as autoscalers have them."""

from __future__ import annotations

from scheduled_scaling.errors import Invalid
from scheduled_scaling.validation import Fields

MOST = 1_000_000


def take(fields: Fields, *names: str) -> dict[str, int]:
    """Take those of desired, min and max that are there. Raises Invalid: out of order, or none."""
    wish = {name: fields.whole(name, 0, MOST) for name in names if name in fields}
    if not wish:
        raise Invalid(fields.place, "it wants nothing", f"give {', '.join(names)} or some of them")
    ordered = [wish[name] for name in ("min", "desired", "max") if name in wish]
    if ordered != sorted(ordered):
        raise Invalid(
            fields.place,
            ", ".join(f"{name} {number}" for name, number in wish.items()),
            "min must not be above desired, nor desired above max",
        )
    return wish


def around(desired: int, low: int, high: int, wish: dict[str, int]) -> tuple[int, int]:
    """Return minimum and maximum: as wished, else moved as little as admits `desired`.

    An autoscaler would undo a number outside its bounds at its next alarm.
    """
    return wish.get("min", min(low, desired)), wish.get("max", max(high, desired))


def words(before: int | None, after: int, name: str) -> str:
    """Say a change."""
    return f"{name} {'-' if before is None else before} -> {after}"
