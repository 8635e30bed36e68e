"""The registry of checks.

A check is a module with ``check(context)``, which yields findings. A new one is a file here, a line
below, and an entry for each of its codes in ``rules``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Protocol, cast

from ..context import CheckContext
from ..finding import Finding

NAMES: tuple[str, ...] = (
    "entry_point",
    "extensions",
    "shebang",
    "line_endings",
    "file_modes",
    "misplaced_files",
    "lost_tmp",
    "bootstrap_override",
    "privileges",
    "variables",
    "start_settings",
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
    "missing_programs",
    "stale_bytecode",
    "stale_seal",
    "unused_services",
    "glibc",
    "architecture",
    "image_size",
    "image_manifest",
    "ineffective_instructions",
    "base_support",
)


class Check(Protocol):
    """A module of this package."""

    __name__: str

    def check(self, context: CheckContext, /) -> Iterator[Finding]:
        """Yield findings."""
        ...


def all_checks() -> list[Check]:
    """Import and return every check, in the registry's order."""
    return [cast("Check", import_module(f".{name}", __package__)) for name in NAMES]
