"""Real trees on disk for the doctor's checks, and subjects made of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from surefoot_tools.doctor.checks import Check
from surefoot_tools.doctor.context import TASK, CheckContext, Image
from surefoot_tools.doctor.finding import Finding
from surefoot_tools.doctor.image.tree import Tree, from_folder

SHELL = "#!/bin/sh\nexit 0\n"
# A whole root without a fault: what Lambda starts, and a function.
SOUND: dict[str, str] = {
    "bin/sh": "\x7fELF",
    "lambda-entrypoint.sh": SHELL,
    "var/runtime/bootstrap": SHELL,
    "var/task/app.py": "def handler(event, context):\n    return event\n",
}


def plant(root: Path, files: Mapping[str, str | bytes], mode: int = 0o644) -> Path:
    """Write files below `root`, whatever the umask; folders that come into being get 0755."""
    for name, content in files.items():
        path = root / name
        missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in missing:
            folder.chmod(0o755)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        path.chmod(mode)
    return root


def sound_root(root: Path) -> Path:
    """Make `root` a whole root without a fault."""
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o755)
    plant(root, SOUND)
    for name in ("bin/sh", "lambda-entrypoint.sh", "var/runtime/bootstrap"):
        (root / name).chmod(0o755)
    return root


def task(folder: Path, handler: str = "") -> CheckContext:
    """The context of a function's folder."""
    return CheckContext(from_folder(str(folder), TASK), handler=handler, whole=False)


def whole(root: Path, handler: str = "app.handler", **settings: Any) -> CheckContext:
    """The context of an image with `root`; settings are the image's, sound ones unless given."""
    return with_image(from_folder(str(root)), handler, **settings)


def with_image(tree: Tree, handler: str = "app.handler", **settings: Any) -> CheckContext:
    settings.setdefault("variables", {"HOME": "/tmp"})
    settings.setdefault("entrypoint", ("/lambda-entrypoint.sh",))
    settings.setdefault("command", (handler,) if handler else ())
    return CheckContext(tree, Image(**settings), handler)


def found(check: Check, context: CheckContext, code: str) -> list[Finding]:
    """Return the findings of one code."""
    return [finding for finding in check.check(context) if finding.code == code]


def places(check: Check, context: CheckContext, code: str) -> list[str]:
    """Return where one code was found, as path or path:line."""
    return [
        f"{finding.path}:{finding.line}" if finding.line else finding.path
        for finding in found(check, context, code)
    ]
