"""One line on standard error for the operator: what the runtime has to say about itself."""

from .polling import write_within


def log_to_operator(message: str) -> None:
    """Log something about the runtime itself, for the operator. Never raises, nor waits for long.

    Written to the descriptor of standard error and not to ``sys.stderr``, which the function may
    have closed or replaced, and which refuses a signal handler that interrupts another write.
    """
    global _dropped  # noqa: PLW0603
    try:
        text = f"surefoot: {message}\n"
        if _dropped:
            text = f"surefoot: {_dropped} earlier lines were dropped: no one read them.\n{text}"
        # A reader that has stopped delays the runtime once, not again at each line.
        patience = 0 if _dropped else _MAX_WAIT_SECONDS
        written = write_within(2, text.encode("utf-8", "backslashreplace"), patience)
        _dropped = 0 if written else _dropped + 1
    except Exception:
        _dropped += 1


# How long, in seconds, a full pipe may hold up the runtime.
_MAX_WAIT_SECONDS = 0.25
_dropped = 0
