"""Read a mapping that a person wrote; every error names the place, the reason and the remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scheduled_scaling.errors import ValidationError, suggest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


class MappingReader:
    """Read each member of a mapping once; ``reject_unknown`` reports those that were not read."""

    def __init__(self, place: str, value: object) -> None:
        if not isinstance(value, Mapping):
            raise ValidationError(
                place, f"it is {_describe_type(value)}", "write a mapping of names to values"
            )
        for key in value:
            if not isinstance(key, str):
                raise ValidationError(place, f"the name {key!r} is not text", f'quote it: "{key}"')
        self.place = place
        self._unread = dict(value)
        self._known: set[str] = set()

    def __contains__(self, name: str) -> bool:
        self._known.add(name)
        return name in self._unread

    def list_names(self) -> list[str]:
        """Return the names of the members, of which any may be there."""
        for name in self._unread:
            if not _NAME.fullmatch(name):
                raise ValidationError(
                    self.place,
                    f"the name {name!r} has a character beyond letters, digits, dots and dashes",
                    "choose a plain name",
                )
        return list(self._unread)

    def take(self, name: str) -> object:
        """Return a required member of any type."""
        self._known.add(name)
        if name not in self._unread:
            remedy = f"add {name}"
            if self._unread:
                remedy += f", or is one of {', '.join(sorted(self._unread))} misspelt?"
            raise ValidationError(self.place, f"{name} is missing", remedy)
        return self._unread.pop(name)

    @property
    def names(self) -> list[str]:
        """The names of the members that were not read yet, of any characters."""
        return list(self._unread)

    def mappings(self, name: str) -> list[MappingReader]:
        """Return a required member that is a list of mappings."""
        value = self.take(name)
        place = f"{self.place}.{name}"
        if not isinstance(value, list):
            raise ValidationError(place, f"it is {_describe_type(value)}", "write a list")
        return [MappingReader(f"{place}[{number}]", each) for number, each in enumerate(value)]

    def mapping(self, name: str) -> MappingReader:
        """Return a required member that is a mapping itself."""
        return MappingReader(f"{self.place}.{name}", self.take(name))

    def text(self, name: str, pattern: str = r"\S(.*\S)?", hint: str = "write text") -> str:
        """Return a required member that is text and matches the whole `pattern`."""
        value = self.take(name)
        if not isinstance(value, str):
            raise ValidationError(f"{self.place}.{name}", f"it is {_describe_type(value)}", hint)
        if not re.fullmatch(pattern, value):
            raise ValidationError(f"{self.place}.{name}", f"{value!r} does not fit", hint)
        return value

    def texts(self, name: str, pattern: str, hint: str) -> list[str]:
        """Return a required member that is a list of texts, each of the whole `pattern`."""
        value = self.take(name)
        place = f"{self.place}.{name}"
        if not isinstance(value, list) or not value:
            raise ValidationError(place, f"it is {_describe_type(value)}", f"write a list; {hint}")
        for entry in value:
            if not isinstance(entry, str) or not re.fullmatch(pattern, entry):
                raise ValidationError(place, f"{entry!r} does not fit", hint)
        return list(value)

    def integer(self, name: str, low: int, high: int) -> int:
        """Return a required member that is an integer from `low` to `high`."""
        value = self.number(name, low, high)
        if value != int(value):
            raise ValidationError(
                f"{self.place}.{name}", f"{value} is not a whole number", "round it"
            )
        return int(value)

    def number(self, name: str, low: float, high: float, step: float = 0.0) -> float:
        """Return a required number from `low` to `high`, a multiple of `step` if that is given."""
        value = self.take(name)
        place = f"{self.place}.{name}"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValidationError(
                place, f"it is {_describe_type(value)}", f"write a number, {low:g} to {high:g}"
            )
        if not low <= value <= high:
            raise ValidationError(
                place, f"{value:g} is out of range", f"{low:g} to {high:g} are allowed"
            )
        if step and value / step != int(value / step):
            raise ValidationError(place, f"{value:g} is not a multiple of {step:g}", "round it")
        return value

    def boolean(self, name: str) -> bool:
        """Return a required member that is true or false."""
        value = self.take(name)
        if not isinstance(value, bool):
            raise ValidationError(
                f"{self.place}.{name}", f"it is {_describe_type(value)}", "write true or false"
            )
        return value

    def reject_unknown(self) -> None:
        """Raise ValidationError for a member that was not read."""
        for name in self._unread:
            raise ValidationError(self.place, f"{name} is unknown", suggest(name, self._known))


def _describe_type(value: object) -> str:
    if value is None:
        return "empty"
    words = {bool: "true or false", str: "a text", list: "a list", dict: "a mapping"}
    return f"{words.get(type(value), 'a number')} ({str(value)[:40]})"
