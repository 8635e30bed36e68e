"""Imports and syntax of the handler's module and of the function's own modules that it imports."""

from __future__ import annotations

from collections.abc import Iterator

from ..context import TASK, CheckContext
from ..finding import Finding
from ..python import finder, interpreter, resolution
from ..python.module import SyntaxProblem
from ..python.resolution import suggestion
from ..python.walk import MissingImport, walk

_INSTALL = (
    "name its distribution in requirements.txt and install that in the Dockerfile: "
    "RUN pip install -r requirements.txt -t ${LAMBDA_TASK_ROOT}"
)
# Where instructions for other images put packages, and no import looks.
_ELSEWHERE = (f"{TASK}/python", f"{TASK}/vendor", f"{TASK}/package")


def check(context: CheckContext) -> Iterator[Finding]:
    """Follow the imports of the handler's module."""
    resolved = resolution.resolve(context)
    if resolved is None:
        return
    for each in walk(context, resolved.module):
        if isinstance(each, MissingImport):
            message, remedy = _explain_missing_import(context, each)
            line = each.required.line
            yield Finding("SF208", message, remedy, each.importer.path, line)
        elif each.module.compile_error:
            yield _syntax(each.name, each.module.path, each.module.compile_error)


def _explain_missing_import(context: CheckContext, lost: MissingImport) -> tuple[str, str]:
    """Return message and remedy."""
    statement = f"imports '{lost.name}'"
    if lost.name.startswith("."):
        return (
            f"{statement} relatively, but the file is not in a package",
            f"import it by its name, without the dots: {lost.name.lstrip('.')}",
        )
    if lost.is_name:
        place = finder.find(context.tree, lost.inside, interpreter.user_path(context))
        known = resolution.bound_names(context, place) if place else None
        return (
            f"{statement} from {lost.inside}, which does not define it"
            + suggestion(lost.name, known.bound if known else ()),
            f"correct the name, or define it in {lost.inside}",
        )
    if lost.inside:
        return (
            f"{statement}, which package {lost.inside} does not have",
            "COPY its file into the package, or correct the name",
        )
    for folder in _ELSEWHERE:
        if finder.find(context.tree, lost.name, (folder,)):
            return (
                f"{statement}, which is in {folder}, where Python does not look",
                f"install it to {TASK}, or say ENV PYTHONPATH={folder} in the Dockerfile",
            )
    known_names = finder.names_in(context.tree, interpreter.user_path(context))
    return f"{statement}, which is not in the image{suggestion(lost.name, known_names)}", _INSTALL


def _syntax(name: str, path: str, problem: SyntaxProblem) -> Finding:
    return Finding(
        "SF209",
        f"module {name} does not compile: {problem.reason}",
        f"correct the line; python3 -m py_compile {path} shows it",
        path,
        problem.line,
    )
