"""A desired number with a minimum and a maximum around it, as autoscalers have them."""

from __future__ import annotations

from scheduled_scaling.errors import ValidationError
from scheduled_scaling.validation import MappingReader

MAX_COUNT = 1_000_000


def read_bounds(reader: MappingReader, *names: str) -> dict[str, int]:
    """Read desired, min and max, as far as given. Raises ValidationError if out of order."""
    desired_state = {name: reader.integer(name, 0, MAX_COUNT) for name in names if name in reader}
    if not desired_state:
        reader.reject_unknown()
        raise ValidationError(
            reader.place, "it is empty", f"give {', '.join(names)} or some of them"
        )
    numbers = [desired_state[name] for name in ("min", "desired", "max") if name in desired_state]
    if numbers != sorted(numbers):
        raise ValidationError(
            reader.place,
            ", ".join(f"{name} {number}" for name, number in desired_state.items()),
            "min must not be above desired, nor desired above max",
        )
    return desired_state


def widen(desired: int, low: int, high: int, desired_state: dict[str, int]) -> tuple[int, int]:
    """Return minimum and maximum: as given, else moved just far enough for `desired`.

    An autoscaler would undo a number outside its bounds at its next alarm.
    """
    return desired_state.get("min", min(low, desired)), desired_state.get("max", max(high, desired))


def describe_change(before: int | None, after: int, name: str) -> str:
    """Return a change as text, such as ``desired 2 -> 20``."""
    return f"{name} {'-' if before is None else before} -> {after}"
