"""Reading a mapping that a person wrote: every complaint names the place, reason and remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scheduled_scaling.errors import Invalid, near

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class Fields:
    """The members of one mapping. Each is asked for once; `end` complains about the others."""

    def __init__(self, place: str, value: object) -> None:
        if not isinstance(value, Mapping):
            raise Invalid(place, f"it is {_kind(value)}", "write a mapping of names to values")
        for key in value:
            if not isinstance(key, str):
                raise Invalid(place, f"the name {key!r} is no text", f'quote it: "{key}"')
        self.place = place
        self._left = dict(value)
        self._known: set[str] = set()

    def __contains__(self, name: str) -> bool:
        self._known.add(name)
        return name in self._left

    def names(self) -> list[str]:
        """Return the members' names, where each may be any."""
        for name in self._left:
            if not _NAME.fullmatch(name):
                raise Invalid(
                    self.place,
                    f"the name {name!r} has a character beyond letters, digits, dots and dashes",
                    "choose a plain name",
                )
        return list(self._left)

    def take(self, name: str) -> object:
        """Return a member that must be there, whatever it is."""
        self._known.add(name)
        if name not in self._left:
            remedy = f"add {name}"
            if self._left:
                remedy += f", or is one of {', '.join(sorted(self._left))} misspelt?"
            raise Invalid(self.place, f"{name} is missing", remedy)
        return self._left.pop(name)

    def inside(self, name: str) -> Fields:
        """Return a member that is a mapping itself."""
        return Fields(f"{self.place}.{name}", self.take(name))

    def text(self, name: str, pattern: str = r"\S(.*\S)?", hint: str = "write a text") -> str:
        """Return a text that `pattern` matches as a whole."""
        value = self.take(name)
        if not isinstance(value, str):
            raise Invalid(f"{self.place}.{name}", f"it is {_kind(value)}", hint)
        if not re.fullmatch(pattern, value):
            raise Invalid(f"{self.place}.{name}", f"{value!r} does not fit", hint)
        return value

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.number(name, low, high)
        if value != int(value):
            raise Invalid(f"{self.place}.{name}", f"{value} is no whole number", "round it")
        return int(value)

    def number(self, name: str, low: float, high: float, step: float = 0.0) -> float:
        """Return a number from `low` to `high`, a multiple of `step` if that is given."""
        value = self.take(name)
        place = f"{self.place}.{name}"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Invalid(place, f"it is {_kind(value)}", f"write a number, {low:g} to {high:g}")
        if not low <= value <= high:
            raise Invalid(place, f"{value:g} is out of range", f"{low:g} to {high:g} are allowed")
        if step and value / step != int(value / step):
            raise Invalid(place, f"{value:g} is no multiple of {step:g}", "round it")
        return value

    def flag(self, name: str) -> bool:
        """Return a member that is true or false."""
        value = self.take(name)
        if not isinstance(value, bool):
            raise Invalid(f"{self.place}.{name}", f"it is {_kind(value)}", "write true or false")
        return value

    def end(self) -> None:
        """Complain about members that nobody asked for."""
        for name in self._left:
            raise Invalid(self.place, f"{name} is unknown", near(name, self._known))


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    words = {bool: "true or false", str: "a text", list: "a list", dict: "a mapping"}
    return f"{words.get(type(value), 'a number')} ({str(value)[:40]})"
