"""Runs one check on a real folder, as the doctor does."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path

from surefoot_tools.doctor.context import TASK, CheckContext, Image
from surefoot_tools.doctor.finding import Finding
from surefoot_tools.doctor.image.tree import from_folder
from surefoot_tools.doctor.rules import RULES

Files = dict[str, "str | bytes"]


def write(top: Path, files: Files) -> Path:
    """Write files below `top` by their relative path; one that ends in / is an empty folder."""
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return top


def in_folder(check: str, folder: Path, handler: str = "") -> list[Finding]:
    """Return what a check finds in a function's folder."""
    tree = from_folder(os.fspath(folder), TASK)
    return _run(check, CheckContext(tree, None, handler, whole=False))


def in_root(check: str, root: Path, handler: str = "", image: Image | None = None) -> list[Finding]:
    """Return what a check finds in a whole image."""
    tree = from_folder(os.fspath(root))
    image = image or Image(variables={"HOME": "/tmp"}, architecture="amd64")
    return _run(check, CheckContext(tree, image, handler))


def codes(findings: list[Finding]) -> list[str]:
    """Return the codes of findings, in order."""
    return [finding.code for finding in findings]


def _run(check: str, context: CheckContext) -> list[Finding]:
    module = import_module(f"surefoot_tools.doctor.checks.{check}")
    found = list(module.check(context))
    assert all(finding.remedy and finding.code in RULES for finding in found)
    return found
