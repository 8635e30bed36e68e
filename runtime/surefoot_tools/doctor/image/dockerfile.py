"""What a Dockerfile says about the image, without building it."""

from __future__ import annotations

import json
import re

_CONTINUATION = re.compile(r"\\[ \t]*\n")
# Instructions may be in lower case. Source: Docker documentation, "Dockerfile reference".
_CMD = re.compile(r"^[ \t]*CMD[ \t]+(.*)$", re.MULTILINE | re.IGNORECASE)


def read_cmd(text: str) -> list[str]:
    """Return the words of the CMD in a Dockerfile's text; none without one in the exec form.

    The last CMD counts. One that is not a JSON list of strings is a command of the shell.
    """
    commands = _CMD.findall(_CONTINUATION.sub(" ", text))
    try:
        words = json.loads(commands[-1]) if commands else []
    except (ValueError, RecursionError):
        return []
    is_exec_form = isinstance(words, list) and all(isinstance(word, str) for word in words)
    return words if is_exec_form else []
