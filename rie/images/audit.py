"""`rie audit`: known vulnerabilities of every pinned Python package, through pip-audit.

pip-audit skips packages that its service does not know and still succeeds; a machine without a
network looks the same. Here skipped packages are a failure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rie.cli import describe
from rie.console import print_progress
from rie.errors import UserError
from rie.paths import ROOT

VULNERABLE, NOT_AUDITED = 1, 3
_COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--progress-spinner", "off", "--format", "json"),
    *("--disable-pip", "--require-hashes", "--requirement"),
)
_PIN = b"    --hash=sha256:"
_NOT_SOURCES = frozenset(["build", "node_modules", "__pycache__"])


@dataclass
class Audit:
    """The result for one requirements file."""

    checked: int = 0
    skipped: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)


def files(root: Path = ROOT) -> list[Path]:
    """Every file of the checkout that pins packages by their hashes, wherever it is."""
    found = []
    for folder, names, file_names in os.walk(root):
        names[:] = [name for name in names if name not in _NOT_SOURCES and name[0] != "."]
        paths = [Path(folder, name) for name in file_names if name.endswith(".txt")]
        found += [path for path in paths if _PIN in path.read_bytes()]
    return sorted(found)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `rie audit`."""
    describe(
        parser,
        """Check every pinned Python package for known vulnerabilities.

        Runs pip-audit on each requirements file. pip-audit skips packages that its service does not
        know and still succeeds; this command does not.""",
        examples=["audit"],
        exit_codes={
            0: "no vulnerability is known",
            VULNERABLE: "at least one package is vulnerable",
            NOT_AUDITED: "no vulnerability was found, but some packages could not be checked",
        },
    )


def execute(args: argparse.Namespace, root: Path = ROOT, command: Sequence[str] = _COMMAND) -> int:
    """Audit every file; prints findings to stdout. Raises UserError without pip-audit."""
    del args
    status = 0
    for path in files(root):
        name = path.relative_to(root)
        print_progress(f"{name} …")
        audit = run(path, command)
        for line in audit.found:
            print(f"{name}: {line}")
        if audit.found:
            status = VULNERABLE
        if audit.skipped:
            status = status or NOT_AUDITED
            total = audit.checked + len(audit.skipped)
            print_progress(f"{name}: {len(audit.skipped)} of {total} packages could NOT be checked")
    if status == NOT_AUDITED:
        print_progress(
            "error: no vulnerability was found, but not every package was checked\n"
            "  remedy: repeat it where pip-audit reaches PyPI's own service"
        )
    elif status == 0:
        print_progress("No known vulnerabilities.")
    return status


def run(path: Path, command: Sequence[str] = _COMMAND) -> Audit:
    """Audit one requirements file. Raises UserError where pip-audit gives no answer."""
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError) as error:
        last = (done.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise UserError(
            f"pip-audit gave no answer for {path.name}: {last}",
            "repeat it where pip-audit reaches PyPI's own service",
        ) from error
    audit = Audit()
    for package in packages:
        if "skip_reason" in package:
            audit.skipped.append(package["name"])
            continue
        audit.checked += 1
        for flaw in package["vulns"]:
            fixed = ", ".join(flaw["fix_versions"]) or "nothing yet"
            audit.found.append(
                f"{package['name']} {package['version']}: {flaw['id']}, fixed in {fixed}"
            )
    return audit
