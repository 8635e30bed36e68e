"""The registry of checks, in the order in which their findings are shown.

A check is a module with ``CODES`` (code → title) and ``check(subject)``, which yields findings of
those codes and nothing else. A new one is a file here and a line below; its severities stand in
``policy.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Protocol, cast

from ..finding import Finding
from ..image.context import Subject

NAMES: tuple[str, ...] = (
    "entry_point",
    "shebang",
    "line_endings",
    "file_modes",
    "misplaced_files",
    "bootstrap_override",
    "privileges",
    "variables",
    "environment_leak",
    "missing_cmd",
    "credentials",
    "dotenv",
    "vcs_history",
    "handler",
    "missing_imports",
    "shadowing",
    "writes",
    "shared_memory",
    "stale_bytecode",
    "glibc",
    "architecture",
    "image_size",
    "image_manifest",
    "ineffective_instructions",
)


class Check(Protocol):
    """What a module of this package has."""

    __name__: str
    __doc__: str | None

    @property
    def CODES(self) -> Mapping[str, str]:  # noqa: N802  (a constant of the module)
        """Title by code."""
        ...

    def check(self, subject: Subject, /) -> Iterator[Finding]:
        """Yield what is found."""
        ...


def all_checks() -> list[Check]:
    """Import and return every check, in the registry's order."""
    return [cast("Check", import_module(f".{name}", __package__)) for name in NAMES]
