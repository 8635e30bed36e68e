"""The interpreter that the bootstrap starts, and variables with which it or surefoot would end.

Values and versions were tried on CPython 3.10 to 3.15: with any other the interpreter ends with
"Fatal Python error" before the first line of the function.
"""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping

from ..context import CheckContext, Image
from ..finding import Finding
from ..image.programs import find_program
from ..image.tree import Entry
from ..python import finder, interpreter

_RUNTIME = "/var/runtime"
_PYTHON = "/var/lang/bin/python3"
_RUNS = 0o001
_NUMBER = "a whole number, 0 or more"
_LIST = re.compile(r"(?:1,)?-?[^\W\d][\w.]*(?:,-?[^\W\d][\w.]*)*|[01]")


def _is_number(lowest: int, highest: int) -> Callable[[str], bool]:
    return lambda value: (
        value.isascii()
        and value.isdecimal()
        and len(value) < 19
        and lowest <= int(value) <= highest
    )


def _is_one_of(*values: str) -> Callable[[str], bool]:
    return lambda value: value in values


def _is_encoding(value: str) -> bool:
    try:
        codecs.lookup(value.partition(":")[0] or "utf-8")
    except LookupError:
        return False
    return True


_ALLOCATORS = ("default", "malloc", "pymalloc", "mimalloc")
_allocators = (*_ALLOCATORS, "debug", *(f"{name}_debug" for name in _ALLOCATORS[1:]))
_Rule = tuple[int, Callable[[str], bool], str]
# The first minor version that reads it, whether a value is taken, and what is.
_OF_PYTHON: Mapping[str, _Rule] = {
    "PYTHONHASHSEED": (
        10,
        lambda value: value == "random" or _is_number(0, 2**32 - 1)(value),
        "random or a number up to 4294967295",
    ),
    "PYTHONMALLOC": (10, _is_one_of(*_allocators), "an allocator such as pymalloc or malloc"),
    "PYTHONUTF8": (10, _is_one_of("0", "1"), "0 or 1"),
    "PYTHONTRACEMALLOC": (10, _is_number(0, 65535), "a number up to 65535"),
    "PYTHONINTMAXSTRDIGITS": (
        10,
        lambda value: value == "0" or _is_number(640, 2**31 - 1)(value),
        "0 or a number from 640 on",
    ),
    "PYTHONIOENCODING": (10, _is_encoding, "an encoding, such as utf-8"),
    "PYTHON_GIL": (13, _is_one_of("1"), "1, because this Python has the GIL"),
    "PYTHON_CPU_COUNT": (
        13,
        lambda value: value == "default" or _is_number(1, 2**31 - 1)(value),
        "default or a number from 1 on",
    ),
    "PYTHON_FROZEN_MODULES": (13, _is_one_of("on", "off"), "on or off"),
    "PYTHON_THREAD_INHERIT_CONTEXT": (14, _is_one_of("0", "1"), "0 or 1"),
    "PYTHON_CONTEXT_AWARE_WARNINGS": (14, _is_one_of("0", "1"), "0 or 1"),
    "PYTHON_LAZY_IMPORTS": (15, _is_one_of("all", "normal"), "all or normal"),
}
_is_setting = _is_number(0, 999_999_999)
_OF_SUREFOOT: Mapping[str, tuple[Callable[[str], bool], str]] = {
    **{
        f"SUREFOOT_{name}": (_is_setting, _NUMBER)
        for name in (
            *("DEADLINE_MARGIN_MS", "DEADLINE_RAISE", "PRELOAD"),
            *("ESCAPE_JSON", "ASYNC_CONCURRENCY"),
        )
    },
    "SUREFOOT_LAZY_IMPORTS": (
        lambda value: _LIST.fullmatch(value) is not None,
        "1, 0 or names of packages with commas between them",
    ),
    "SUREFOOT_CLIENT": (_is_one_of("surefoot", "awslambdaric"), "surefoot or awslambdaric"),
}


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the interpreter and the variables of an image that has surefoot."""
    names = (f"{_RUNTIME}/start.py", f"{_RUNTIME}/start.pyc")
    if not context.whole or not any(map(context.tree.resolve, names)):
        return
    image = context.image or Image()
    word = image.variables.get("SUREFOOT_PYTHON") or _PYTHON
    yield from _check_program(word, find_program(context, word))
    yield from _check_values(context, image.variables)
    if image.variables.get("SUREFOOT_CLIENT") == "awslambdaric":
        yield from _check_other_client(context)


def _check_program(word: str, program: Entry | None) -> Iterator[Finding]:
    remedy = "remove ENV SUREFOOT_PYTHON" if word != _PYTHON else "build the image FROM surefoot"
    if program is None or not program.is_file:
        message = f"the interpreter {word} is not in the image"
        yield Finding("SF119", message, remedy, word if word.startswith("/") else "")
    elif not program.permissions & _RUNS:
        message = f"the interpreter cannot be executed by others (mode {program.permissions:04o})"
        yield Finding("SF119", message, f"RUN chmod 755 {program.path}", program.path)


def _check_values(context: CheckContext, variables: Mapping[str, str]) -> Iterator[Finding]:
    python = interpreter.find(context.tree)
    minor = python.version[1] if python else 0
    rules = {
        name: (is_taken, taken)
        for name, (first, is_taken, taken) in _OF_PYTHON.items()
        if minor >= first
    }
    for name, (is_taken, taken) in {**rules, **_OF_SUREFOOT}.items():
        value = variables.get(name, "")  # an empty one counts as absent
        if value and not is_taken(value):
            message = f"{name} is {value[:80]}; it takes {taken}, and the start fails"
            yield Finding("SF309", message, f"remove ENV {name}, or correct its value")
    folder = variables.get("PYTHONPLATLIBDIR", "")
    if python and folder and not _has_library(context, python, folder):
        message = f"PYTHONPLATLIBDIR is {folder}, where {python.prefix} has no standard library"
        yield Finding("SF309", message, "remove ENV PYTHONPLATLIBDIR")


def _has_library(context: CheckContext, python: interpreter.Interpreter, folder: str) -> bool:
    library = f"{python.prefix}/{folder}/python3.{python.version[1]}/os.py"
    return context.tree.resolve(posixpath.normpath(library)) is not None


def _check_other_client(context: CheckContext) -> Iterator[Finding]:
    python = interpreter.find(context.tree)
    folders = [*interpreter.user_path(context), *(python.packages if python else ())]
    if any(finder.find(context.tree, "runtime_client", (folder,)) for folder in folders):
        return
    yield Finding(
        "SF309",
        "SUREFOOT_CLIENT is awslambdaric, which is not in the image",
        "remove ENV SUREFOOT_CLIENT, or build the base image with --build-arg WITH_AWSLAMBDARIC=1",
    )
