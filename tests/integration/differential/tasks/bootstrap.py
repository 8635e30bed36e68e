"""A user's file with the name that awslambdaric trims from the front of a trace."""

import json


def fail() -> object:
    """Raise."""
    raise LookupError("in the user's bootstrap.py")


def handler(event: object, context: object) -> object:
    """Fail in a file called otherwise, below a frame of this one."""
    return json.loads(b"{")
