"""What Lambda starts: the entry point with CMD, the bootstrap, an exec wrapper.

Lambda starts ENTRYPOINT with CMD as its arguments, as user 993 (AWS Lambda Developer Guide, "Create
a Lambda function using a container image").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from ..context import CheckContext, Image
from ..finding import Finding
from ..image.programs import (
    BOOTSTRAP,
    EMULATOR,
    ENTRY_POINT,
    WRAPPER,
    entry_point,
    find_program,
    is_shell_command,
)
from ..image.tree import Entry

_RUNS = 0o005  # a script is read, too
_BUILTINS = frozenset(["exec", "set", "cd", "export", "if", "test", "[", ".", "source", "eval"])
_ARGUMENT = re.compile(r"\$(?:[@*0-9]|\{[@*0-9])")
_OTHER_CLIENT = "awslambdaric"
_KEEP_ENTRY_POINT = "build the image FROM surefoot and keep its ENTRYPOINT; COPY nothing over it"
_OWN_ENTRY_POINT = f'write ENTRYPOINT ["{ENTRY_POINT}"], or COPY the program into the image'


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the entry point, its form, and at what it starts in turn."""
    if not context.whole:
        return
    word, image = entry_point(context), context.image
    if word:
        other = context.tree.resolve(ENTRY_POINT) is not None and word != ENTRY_POINT
        yield from _check_program(
            "SF101",
            word,
            find_program(context, word),
            "the entry point",
            _OWN_ENTRY_POINT if other else _KEEP_ENTRY_POINT,
        )
    elif image is not None and image.configured:
        yield Finding(
            "SF101",
            "the image has neither ENTRYPOINT nor CMD, so Lambda has nothing to start",
            f'build it FROM surefoot, or write ENTRYPOINT ["{ENTRY_POINT}"]',
        )
    if posixpath.basename(word) == posixpath.basename(ENTRY_POINT):
        bootstrap = context.tree.resolve(BOOTSTRAP)
        what = "the bootstrap that the entry point starts"
        yield from _check_program("SF102", BOOTSTRAP, bootstrap, what, _KEEP_ENTRY_POINT)
    if image is not None:
        yield from _check_form(context, image)
        yield from _check_wrapper(context, image)


def _check_form(context: CheckContext, image: Image) -> Iterator[Finding]:
    entry, command = list(image.entrypoint), list(image.command)
    if any(posixpath.basename(word) == EMULATOR for word in entry[:1]):
        yield Finding(
            "SF114",
            f"the entry point is {EMULATOR}, which then runs on Lambda, too",
            f'write ENTRYPOINT ["{ENTRY_POINT}"], which starts the emulator only where there is no '
            "Runtime API",
            entry[0],
        )
    elif entry and is_shell_command(command):
        handler = " ".join(command[2:])
        yield Finding(
            "SF113",
            f"CMD {handler} is in shell form: the entry point gets {command[0]} as the handler",
            f'write CMD ["{handler}"]',
        )
    elif context.tree.resolve(BOOTSTRAP) is not None and _starts_other_client(entry, command):
        yield Finding(
            "SF118",
            f"the entry point {' '.join(entry or command[:3])} starts AWS's client: surefoot never "
            "runs, and neither does the emulator",
            f'write ENTRYPOINT ["{ENTRY_POINT}"], with ENV SUREFOOT_CLIENT={_OTHER_CLIENT} if '
            "AWS's client is intended",
        )
    elif is_shell_command([*entry, *command]):
        yield from _check_script(context, entry, command)


def _starts_other_client(entry: Sequence[str], command: Sequence[str]) -> bool:
    """Return whether the words that are started, or the script in them, name awslambdaric."""
    words = list(entry) or list(command)
    script = words[2].split() if is_shell_command(words) else words
    names = (posixpath.basename(word) for word in [*words, *script])
    return _OTHER_CLIENT in names


def _check_script(
    context: CheckContext, entry: Sequence[str], command: Sequence[str]
) -> Iterator[Finding]:
    """Check an entry point that is a shell with a command; arguments follow as $0, $1, …"""
    words = [*entry, *command]
    script, arguments = words[2], words[3:]
    program = next(iter(script.split()), "")
    if len(entry) == 2 and program not in _BUILTINS and find_program(context, program) is None:
        yield Finding(
            "SF113",
            f"the shell that is the entry point runs CMD as a command: {program} is not a program",
            f'write ENTRYPOINT ["{ENTRY_POINT}"]',
        )
        return
    is_bare = posixpath.basename(script.strip()) == posixpath.basename(ENTRY_POINT)
    if (arguments and not _ARGUMENT.search(script)) or is_bare:
        yield Finding(
            "SF113",
            f"ENTRYPOINT {script} is in shell form, which does not pass CMD on",
            f'write it as a list, such as ENTRYPOINT ["{program or ENTRY_POINT}"]',
        )


def _check_wrapper(context: CheckContext, image: Image) -> Iterator[Finding]:
    wrapper = image.variables.get(WRAPPER, "")
    if wrapper:
        found = find_program(context, wrapper)
        remedy = "COPY the program into the image, or remove the variable"
        yield from _check_program("SF116", wrapper, found, f"{WRAPPER}'s program", remedy)


def _check_program(
    code: str, word: str, entry: Entry | None, what: str, remedy: str
) -> Iterator[Finding]:
    if entry is None or not entry.is_file:
        path = word if word.startswith("/") else ""
        yield Finding(code, f"{what} {word} is not in the image", remedy, path)
    elif entry.permissions & _RUNS != _RUNS:
        yield Finding(
            code,
            f"{what} cannot be executed by others (mode {entry.permissions:04o})",
            f"RUN chmod 755 {entry.path}",
            entry.path,
        )
