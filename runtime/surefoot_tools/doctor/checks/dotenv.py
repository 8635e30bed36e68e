""".env files, in the image or in one of its layers."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ..context import CheckContext
from ..finding import Finding
from ..image.ownership import deleted, deleted_text, own_folders

_TEMPLATES = (".example", ".sample", ".template", ".dist", ".tmpl")


_REMEDY = (
    "add .env to .dockerignore; set variables in the function's configuration, and keep secrets in "
    "Secrets Manager or Parameter Store"
)


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the function's folders by name, and at what layers have lost."""
    for top in own_folders(context):
        for entry in context.tree.under(top):
            if entry.is_file and _is_dotenv(entry.path):
                message = "anyone who can pull the image can read this .env file"
                yield Finding("SF402", message, _REMEDY, entry.path)
    for path, number in deleted(context):
        if _is_dotenv(path):
            yield Finding("SF402", deleted_text(number), _REMEDY, path)


def _is_dotenv(path: str) -> bool:
    name = posixpath.basename(path)
    return (name == ".env" or name.startswith(".env.")) and not name.endswith(_TEMPLATES)
