"""Prints the figures of runtime/surefoot_tools/README.md: errors over functions, and over packages.

usage: python -m tests.doctor_figures functions DIR...   folders of public samples, anywhere
       python -m tests.doctor_figures packages DIR       one folder for each package: pip install -t

Every handler that is found below the folders is inspected as a function of its own, with its folder
as /var/task. An error about syntax is proved by the compiler; each other error is printed, to be
read by a person: whether it is false cannot be known here.
"""

from __future__ import annotations

import ast
import collections
import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot_tools.doctor.finding import ERROR, Finding, Result
from surefoot_tools.doctor.inspection import inspect_folder

BASE = "al2023"
_HANDLER = re.compile(rb"^(?:async )?def\s+(\w+)\s*\(\s*_?(?:event|evt)\w*\s*[,:]", re.MULTILINE)
_NOT_FUNCTIONS = re.compile(r"(^|/)(tests?|node_modules|cdk\.out)/|(^|/)(test_\w+|\w+_test)\.py$")


@dataclass(frozen=True)
class Inspected:
    """One function or package, and the doctor's errors."""

    folder: Path
    name: str
    errors: Sequence[Finding]


def main(words: Sequence[str]) -> int:
    """Print the figures; 2 for a wrong usage."""
    if len(words) < 2 or words[0] not in ("functions", "packages"):
        print(__doc__, file=sys.stderr)
        return 2
    roots = [Path(word).resolve() for word in words[1:]]
    if words[0] == "functions":
        done = [_inspect(*function) for root in roots for function in find_functions(root)]
    else:
        done = [_inspect(folder, "") for root in roots for folder in sorted(root.iterdir())]
    for line in report(words[0], done):
        print(line)
    return 0


def find_functions(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield folder and handler of each function below a folder; the same text counts once."""
    seen = set()
    for path in sorted(root.rglob("*.py")):
        if not path.is_file() or _NOT_FUNCTIONS.search(str(path.relative_to(root))):
            continue
        text = path.read_bytes()
        key = hashlib.sha256(text).digest()
        names = _handlers(text)
        if names and key not in seen:
            seen.add(key)
            chosen = next((name for name in names if "handler" in name.lower()), names[-1])
            folder = _task_root(path, text)
            yield folder, f"{path.relative_to(folder).with_suffix('')}.{chosen}"


def _handlers(text: bytes) -> list[str]:
    """The functions that take an event; a text in the module may define another, which is none."""
    names = [name.decode() for name in _HANDLER.findall(text)]
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError):
        return names  # the doctor must say so
    defined = {
        node.name
        for node in ast.walk(module)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    return [name for name in names if name in defined]


def _task_root(path: Path, text: bytes) -> Path:
    """The folder that is /var/task: the module's own, unless it imports a package that it is in."""
    relative = re.search(rb"^from \.", text, re.MULTILINE)
    for folder in path.parents:
        if not (folder / "__init__.py").exists():
            return folder if relative else path.parent
        if re.search(rf"^(from|import) {re.escape(folder.name)}\b".encode(), text, re.MULTILINE):
            return folder.parent
    return path.parent


def report(kind: str, done: Sequence[Inspected]) -> Iterator[str]:
    """Yield the lines to print."""
    unproved = 0
    by_code: collections.Counter[str] = collections.Counter()
    for each in done:
        for error in each.errors:
            by_code[error.code] += 1
            proved = error.code == "SF209" and not _compiles(each.folder, error.path)
            unproved += not proved
            mark = "proved " if proved else "to read"
            place = f"{each.folder}/{each.name} line {error.line}"
            yield f"{mark} {error.code} {place}: {error.message}"
    failed = sum(bool(each.errors) for each in done)
    codes = ", ".join(f"{code} x {count}" for code, count in sorted(by_code.items())) or "none"
    yield f"{len(done)} {kind}, {failed} with errors ({codes}); {unproved} errors to be read"


def _inspect(folder: Path, handler: str) -> Inspected:
    result: Result = inspect_folder(str(folder), handler, base=BASE)
    errors = [rated.finding for rated in result.findings if rated.severity == ERROR]
    return Inspected(folder, handler, errors)


def _compiles(folder: Path, path: str) -> bool:
    source = folder / path.removeprefix("/var/task/")
    try:
        compile(source.read_bytes(), str(source), "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
