"""Variables of the image that Lambda keeps for itself, or that break programs.

Reserved ones are set by Lambda: a value in the image is at best lost, and some, such as
AWS_LAMBDA_MAX_CONCURRENCY, change how the runtime starts (AWS Lambda Developer Guide, "Defined
runtime environment variables"). ENV is a file that POSIX shells read at their start. HOME must be
writable, for many libraries keep their caches there, and only /tmp is.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import CheckContext, Image
from ..finding import Finding


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the image's variables; of a plain folder there are none."""
    image = context.image
    if image is None:
        return
    allowed = context.data["reserved_defaults"]
    for name in context.data["reserved_variables"]:
        if name in image.variables and image.variables[name] != allowed.get(name):
            yield Finding(
                "SF301",
                f"{name} is set {_where(image)}; Lambda reserves it and sets it itself",
                f"remove ENV {name} from the Dockerfile; for a run on this machine pass it to the "
                "run",
            )
    if "ENV" in image.variables:
        yield Finding(
            "SF302",
            f"ENV is set {_where(image)}; shells read the file that it names",
            "call it APP_ENV",
        )
    home = image.variables.get("HOME", "")
    if posixpath.normpath(home) != "/tmp" and not posixpath.normpath(home).startswith("/tmp/"):
        yield Finding(
            "SF303",
            f"HOME is {home}, which cannot be written on Lambda" if home else "HOME is not set",
            "ENV HOME=/tmp",
        )


def _where(image: Image) -> str:
    return "in the image" if image.configured else "in the image or in this run"
