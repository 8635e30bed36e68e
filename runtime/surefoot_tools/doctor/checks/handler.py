"""Whether the handler's name leads to a function."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..python import finder, names, resolution
from ..python.module import own_files
from ..python.resolution import ResolvedHandler, suggestion

_FORM = "write it as module.function, relative to the task root: app.handler, package/app.handler"
_SHELL_FUNCTION = re.compile(
    r"^[ \t]*(?:function[ \t]+([^\s(){}]+)|([^\s(){}#;&|]+)[ \t]*\([ \t]*\))", re.MULTILINE
)
# Such a script may define functions in other files.
_SHELL_SOURCES = re.compile(r"^\s*(?:source|\.|eval)\s", re.MULTILINE)


def check(context: CheckContext) -> Iterator[Finding]:
    """Resolve the handler as handlers.resolve and handlers.shell do."""
    if not context.handler:
        return
    raw, _, attribute = context.handler.rpartition(".")
    if not attribute or not all(raw.replace("/", ".").split(".")):
        yield _finding(context, "is not of the form module.function", _FORM)
    elif raw.split(".")[0] in sys.builtin_module_names:
        yield _finding(
            context,
            f"is in '{raw}', the name of a module that is built into Python",
            "give the file another name, and the handler with it",
        )
    elif resolved := resolution.resolve(context):
        yield from _function(context, resolved)
    else:
        yield from _shell(context, raw, attribute)


def _function(context: CheckContext, resolved: ResolvedHandler) -> Iterator[Finding]:
    known = resolution.bound_names(context, resolved.place)
    attribute, owner, path = resolved.attribute, resolved.owner, resolved.place.path
    if not path:
        yield from _folder(context, resolved)
    if known is None:
        return
    if owner:
        definition = known.bound.get(owner)
        if definition is not None and not names.may_have_member(definition, attribute):
            yield _finding(
                context,
                f"names a method that class {owner} does not have",
                f"define {attribute} in {owner}, or name another one in CMD",
                path,
            )
    elif not resolution.may_define(known, attribute):
        remedy = f"define {attribute} there, or name another function in CMD"
        if finder.find(context.tree, attribute, resolved.place.folders):
            remedy = f"{attribute} is a module: add its function, as in {attribute}.handler"
        elif attribute == "py":
            module = context.handler.removesuffix(".py")
            remedy = f"leave .py out and name the function: {module}.handler"
        near = suggestion(attribute, known.bound)
        yield _finding(
            context, f"names '{attribute}', which {path} does not define{near}", remedy, path
        )


def _folder(context: CheckContext, resolved: ResolvedHandler) -> Iterator[Finding]:
    """A folder without __init__.py is a package that defines nothing."""
    raw = context.handler.rpartition(".")[0]
    if context.tree.resolve(f"{TASK}/{raw}.sh") is not None:
        return
    attribute = resolved.attribute
    remedy = f"define {attribute} in {raw}.py or {raw}/__init__.py, or name another module in CMD"
    if finder.find(context.tree, attribute, resolved.place.folders):
        remedy = f"{attribute} is a module: add its function, as in {context.handler}.handler"
    yield _finding(context, f"names '{attribute}' in the folder {raw}, which has no code", remedy)


def _shell(context: CheckContext, raw: str, attribute: str) -> Iterator[Finding]:
    script = f"{TASK}/{raw}.sh"
    entry = context.tree.resolve(script)
    if entry is None or not entry.is_file:
        yield from _no_module(context, raw)
        return
    text = context.tree.read(script).decode("utf-8", "replace")
    functions = {match[1] or match[2] for match in _SHELL_FUNCTION.finditer(text)}
    if attribute not in functions and not _SHELL_SOURCES.search(text):
        yield _finding(
            context,
            f"names the shell function '{attribute}', which {script} does not define"
            + suggestion(attribute, functions),
            f"define it there: {attribute}() {{ ... }}",
            script,
        )


def _no_module(context: CheckContext, raw: str) -> Iterator[Finding]:
    tail = f"/{raw.replace('.', '/')}"
    deeper = [
        path.removesuffix("/__init__.py").removesuffix(".py")[len(TASK) + 1 :]
        for path in own_files(context.tree)
        if path.endswith((f"{tail}.py", f"{tail}/__init__.py"))
    ]
    if deeper and not context.whole:
        # A folder may be copied in parts: src/ to the task root.
        return
    remedy = f"COPY its file to ${{LAMBDA_TASK_ROOT}} ({TASK}), or name another module in CMD"
    if deeper:
        function = context.handler.rpartition(".")[2]
        remedy = f"name it in full, {deeper[0]}.{function}, or copy its folder's contents to {TASK}"
    known = finder.names_in(context.tree, [TASK])
    known += [
        posixpath.basename(entry.path)[:-3]
        for entry in context.tree.children(TASK)
        if entry.path.endswith(".sh")
    ]
    yield _finding(
        context,
        f"needs module '{raw}', and neither {raw}.py nor {raw}.sh is in {TASK}"
        + suggestion(raw, known),
        remedy,
    )


def _finding(context: CheckContext, what: str, remedy: str, path: str = "") -> Finding:
    return Finding("SF201", f"the handler '{context.handler}' {what}", remedy, path)
