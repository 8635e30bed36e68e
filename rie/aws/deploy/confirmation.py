"""A person's yes, where there is a person."""

from __future__ import annotations

import sys

from rie.errors import UserError


def require_interactive(*, yes: bool) -> None:
    """Raise UserError when `yes` was not given and stdin is no terminal to ask at."""
    if not yes and not sys.stdin.isatty():
        raise UserError(
            "this must be confirmed, and stdin is no terminal",
            "add --yes to go ahead; deploying, --dry-run only shows the changes",
        )


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether to go ahead; anything but y or yes is a no."""
    if yes:
        return True
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
