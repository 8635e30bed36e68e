"""A function whose process ends by itself, under every runtime: for a caller that cannot end it."""

import posix

calls = 0


def handler(event: object, context: object) -> str:
    """Answer the first event; end the process at the second."""
    global calls  # noqa: PLW0603 - counting is what it is for
    calls += 1
    if calls > 1:
        posix._exit(0)
    return "ok"
