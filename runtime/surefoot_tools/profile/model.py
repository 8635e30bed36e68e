"""A profile as data: what --json prints and the page and the table show."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

# Changes when a key goes or changes its meaning; new keys do not change it.
SCHEMA = 1


@dataclass
class Stage:
    """A part of the cold start; times in milliseconds since the process was started."""

    name: str
    title: str
    begin_ms: float
    end_ms: float


@dataclass
class Import:
    """One import.

    ``parent`` is the index of the import in whose course it happened, ``stage`` a stage's name,
    ``area`` interpreter, runtime, packages or function, ``bytecode`` used, missing, stale or none
    (a module without Python source), ``chain`` the statements that led to it, nearest first.
    """

    name: str
    parent: int | None
    depth: int
    stage: str
    area: str
    begin_ms: float
    self_ms: float
    cumulative_ms: float
    path: str | None
    bytecode: str
    compile_ms: float
    chain: list[str]


@dataclass
class File:
    """A file that was read, or mapped into memory: bytes are its size, or what is in memory."""

    path: str
    bytes: int
    how: str
    stage: str


@dataclass
class Reads:
    """What the process read, by the kernel's count; files by the probe's."""

    stage: str
    bytes: int | None
    calls: int | None
    files: int


@dataclass
class Advice:
    """Something that would shorten the cold start, by about ``saving_ms``."""

    code: str
    severity: str
    message: str
    remedy: str
    saving_ms: float
    modules: list[str]


@dataclass
class Failure:
    """How the invocation failed."""

    phase: str
    kind: str
    message: str
    stack: list[str]


@dataclass
class Profile:
    """Everything. ``totals_ms`` has each run's total; stages and imports are the median run's."""

    handler: str
    python: str
    surefoot: str
    launch: str
    runs: int
    total_ms: float
    first_byte_ms: float
    totals_ms: list[float]
    stages: list[Stage]
    imports: list[Import]
    reads: list[Reads]
    files: list[File]
    advice: list[Advice]
    notes: list[str]
    failure: Failure | None = None
    schema: int = field(default=SCHEMA)


def to_json(profile: Profile, indent: int | None = 2) -> str:
    """Return the profile as JSON; ``schema`` leads."""
    fields: dict[str, Any] = dataclasses.asdict(profile)
    return json.dumps({"schema": fields.pop("schema"), **fields}, indent=indent)
