"""Code that prints or returns the environment, which holds the function's credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.programs import is_shell_script, starters
from ..python import module, os_environ, resolution
from ..python.distributions import owners
from ..python.reachable import may_run, reachable_files
from ..shell import commands, env_commands

_LARGEST = 1 << 20  # bytes; no hand-written script is larger
_REMEDY = "print only the variables you need, by name, and none that holds a secret"
_MESSAGE = "it prints, logs or returns os.environ as a whole"
_WHOLE = re.compile(
    rb"environb?(?!b?\s*(?:\[|\.\s*(?:get|pop|setdefault|update)\b))|printenv|[\"']env[\"' ]"
)


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at what Lambda starts, at the function's scripts and at its own Python files."""
    for path in _scripts(context):
        text = context.tree.read(path).decode("utf-8", "replace")
        for line, command in env_commands.printed(commands.commands(text)):
            yield Finding("SF304", f"`{command}` prints every variable", _REMEDY, path, line)
    resolved = resolution.resolve(context)
    handler = resolved.attribute if resolved else ""
    for path in reachable_files(context):
        # Parsing takes long, and most files only look up a variable.
        if not _WHOLE.search(context.tree.read(path)):
            continue
        body = module.parse(context.tree, path).body
        for line in os_environ.find_leaks(body, handler) if body else ():
            yield Finding("SF304", _MESSAGE, _REMEDY, path, line)


def _scripts(context: CheckContext) -> Iterator[str]:
    installed = owners(context.tree)
    started = {entry.path: entry for entry in starters(context)}
    own = {entry.path: entry for entry in context.tree.under(TASK) if entry.is_file}
    for path, entry in (started | own).items():
        if entry.size > _LARGEST or path in installed or not is_shell_script(context, path):
            continue
        if path in started or may_run(context, path):
            yield path
