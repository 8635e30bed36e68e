"""What CHANGELOG.md says about a version: its notes, and the dates of its lifecycle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rie.errors import UserError

_UNRELEASED = "Unreleased"
_HEADING = re.compile(r"## \[?(?P<name>[^\s\]]+)\]?(?:\s.*)?")
_LIFECYCLE = "Lifecycle:"
FORM = "Lifecycle: GA; deprecated YYYY-MM-DD; no creation YYYY-MM-DD; no updates YYYY-MM-DD"
_STATES = ("PREVIEW", "GA", "DEPRECATED")
# Names of RuntimeReleaseLifecycle, AWS Lambda Core API reference.
_DATES = {
    "deprecated": "DeprecationDate",
    "no creation": "FunctionCreateBlockDate",
    "no updates": "FunctionUpdateBlockDate",
}


@dataclass(frozen=True)
class Release:
    """A version's `notes`, and its `lifecycle` as the API names it; empty where none is given."""

    notes: str
    lifecycle: Mapping[str, str]


def read_release(changelog: Path, version: str, today: date) -> Release:
    """The section of `version`, or of what is not released yet. Raises UserError.

    A line of FORM in it is its lifecycle; `today` is the date in UTC that its dates are checked
    with.
    """
    try:
        sections = _split(changelog.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"cannot read the release notes of {changelog}: {error.strerror}",
            f"write a section '## {version}' into it",
        ) from error
    lines = sections.get(version, sections.get(_UNRELEASED))
    if lines is None:
        raise UserError(
            f"{changelog} has no section '## {version}' and no '## {_UNRELEASED}'",
            "describe the version there: its text becomes the release notes",
        )
    stated = [line for line in lines if line.startswith(_LIFECYCLE)]
    notes = "\n".join(line for line in lines if line not in stated).strip()
    if len(stated) > 1:
        raise _malformed(stated[1], "the section has two such lines")
    return Release(notes, _parse_lifecycle(stated[0], today) if stated else {})


def _split(text: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        heading = _HEADING.fullmatch(line)
        if heading is None:
            lines.append(line)
        else:
            lines = sections.setdefault(heading["name"], [])
    return sections


def _parse_lifecycle(line: str, today: date) -> dict[str, str]:
    state, *parts = (part.strip() for part in line.removeprefix(_LIFECYCLE).split(";"))
    if state not in _STATES:
        raise _malformed(line, f"{state!r} is not one of {', '.join(_STATES)}")
    lifecycle = {"ReleaseState": state}
    for part in parts:
        what, _, day = part.rpartition(" ")
        name = _DATES.get(what)
        if name is None or name in lifecycle:
            raise _malformed(line, f"{part!r} is unknown or repeated")
        lifecycle[name] = _check_date(line, day).isoformat()
    _check_order(line, lifecycle, today)
    return lifecycle


def _check_date(line: str, text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):  # other forms depend on Python
        raise _malformed(line, f"{text!r} is not a date")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _malformed(line, f"{text!r} is not a date") from error


def _check_order(line: str, lifecycle: Mapping[str, str], today: date) -> None:
    """Lambda refuses a deprecated runtime whose date is to come, and any other whose is past."""
    dates = [lifecycle[name] for name in _DATES.values() if name in lifecycle]
    if dates != sorted(dates):
        raise _malformed(line, "its dates are not in order")
    deprecated = lifecycle["ReleaseState"] == "DEPRECATED"
    day = lifecycle.get("DeprecationDate")
    if deprecated and (day is None or day > today.isoformat()):
        raise _malformed(line, "DEPRECATED needs the date from which on it is, today or earlier")
    if not deprecated and day is not None and day <= today.isoformat():
        raise _malformed(line, f"deprecated on {day}, which is not in the future")


def _malformed(line: str, reason: str) -> UserError:
    return UserError(
        f"CHANGELOG.md, {line!r}: {reason}", f"write {FORM}; each date may be left out"
    )
