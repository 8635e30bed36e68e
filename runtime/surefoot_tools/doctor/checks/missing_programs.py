"""Programs that the function starts by name and that are not in the image."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..image.programs import find_program, is_shell_script
from ..python.calls import aliases, argument, dotted, outside_main
from ..python.distributions import owners
from ..python.module import parse
from ..python.reachable import may_run, reachable_files
from ..shell.commands import Command, commands
from ..shell.env_commands import bare_words

_STARTERS = frozenset(
    f"subprocess.{name}"
    for name in ("run", "call", "check_call", "check_output", "Popen", "getoutput")
)
_TEXT_STARTERS = frozenset(["os.system", "os.popen", "subprocess.getoutput"])
_MENTION = re.compile(rb"subprocess|os\s*\.\s*(?:system|popen)|from\s+os\s+import")
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9._+-]*")
# POSIX.1-2017 and bash: what a shell does itself.
_BUILTINS = frozenset(
    [
        *(".", ":", "[", "[[", "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd"),
        *("command", "compgen", "complete", "continue", "coproc", "declare", "dirs", "disown"),
        *("do", "done", "echo", "elif", "else", "enable", "esac", "eval", "exec", "exit", "export"),
        *("false", "fc", "fg", "fi", "for", "function", "getopts", "hash", "help", "history"),
        *("if", "in", "jobs", "kill", "let", "local", "logout", "mapfile", "popd", "printf"),
        *("pushd", "pwd", "read", "readarray", "readonly", "return", "select", "set", "shift"),
        *("shopt", "source", "suspend", "test", "then", "time", "times", "trap", "true", "type"),
        *("typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while"),
    ]
)
# a|b) of a case, whose words look like commands of a pipe
_CASE_PATTERNS = re.compile(r"^\s*\(?([\w.*?|\"' -]+)\)", re.MULTILINE)
_LARGEST = 1 << 20  # bytes; no hand-written script is larger
# Where programs come from that the script's text does not show, or a look whether one is there.
_UNKNOWN = re.compile(rb"^\s*(?:source|\.|eval|alias)\s|\bPATH=", re.MULTILINE)


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at commands of shell scripts, and at constant commands in Python."""
    if not context.whole:
        return
    for path, line, name in [*_from_scripts(context), *_from_python(context)]:
        if _PLAIN.fullmatch(name) and find_program(context, name) is None:
            yield Finding(
                "SF212",
                f"it runs {name}, which is not in the image",
                f"install {name} in the Dockerfile; if it is never reached on Lambda: --ignore "
                f"SF212:{path}=reason",
                path,
                line,
            )


def _from_scripts(context: CheckContext) -> Iterator[tuple[str, int, str]]:
    installed = owners(context.tree)
    for entry in context.tree.under(TASK):
        if not entry.is_file or entry.size > _LARGEST or entry.path in installed:
            continue
        if not is_shell_script(context, entry.path) or not may_run(context, entry.path):
            continue
        source = context.tree.read(entry.path)
        if not _UNKNOWN.search(source):
            for line, name in _commands(source.decode("utf-8", "replace")):
                yield entry.path, line, name


def _commands(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and name of the programs that a script runs, each name once."""
    found = list(_outside_arrays(commands(text)))
    known = {
        words[0]
        for command in found
        if (words := bare_words(command.words))[:1] and command.end == "("
    }
    known |= set(re.findall(r"^\s*function\s+([\w.-]+)", text, re.MULTILINE)) | _BUILTINS
    for patterns in _CASE_PATTERNS.findall(text):
        known |= {pattern.strip() for pattern in patterns.split("|")}
    for command in found:
        name = next(iter(bare_words(command.words)), "")
        has_folder = any(word.endswith(f"/{name}") for word in command.words)
        checked = re.search(rf"\b(?:command -v|which|type|hash)\s+{re.escape(name)}\b", text)
        if name and name not in known and not checked and not has_folder:
            known.add(name)
            yield command.line, name


def _outside_arrays(found: Iterable[Command]) -> Iterator[Command]:
    """Yield commands, without the words of arrays, name=(…), and the rests of tests, [[ … ]]."""
    in_array = False
    for command in found:
        if in_array:
            in_array = command.end != ")"
        elif command.end == "(" and command.words[-1].endswith("="):
            in_array = True
        elif "]]" not in command.words:
            yield command


def _from_python(context: CheckContext) -> Iterator[tuple[str, int, str]]:
    for path in reachable_files(context):
        if not _MENTION.search(context.tree.read(path)):
            continue
        body = parse(context.tree, path).body
        known = aliases(body) if body else {}
        waiting: list[ast.AST] = [body] if body else []
        while waiting:
            node = waiting.pop()
            waiting.extend(outside_main(node))
            if isinstance(node, ast.Call):
                yield from ((path, node.lineno, name) for name in _started(node, known))


def _started(call: ast.Call, known: dict[str, str]) -> Iterator[str]:
    name = dotted(call.func, known)
    if name not in _STARTERS | _TEXT_STARTERS or argument(call, None, "env") is not None:
        return
    command = argument(call, 0, "args") or argument(call, 0, "command")
    shell = argument(call, None, "shell")
    if isinstance(command, (ast.List, ast.Tuple)) and command.elts:
        command = command.elts[0]
    elif name in _TEXT_STARTERS or (isinstance(shell, ast.Constant) and shell.value is True):
        if isinstance(command, ast.Constant) and isinstance(command.value, str):
            yield from (each for _, each in _commands(command.value))
        return
    if isinstance(command, ast.Constant) and isinstance(command.value, str):
        yield command.value
