"""How the packages depend on each other, read from their source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import RUNTIME


def modules(package: str) -> dict[str, Path]:
    found = {}
    for path in sorted((RUNTIME / package).rglob("*.py")):
        name = ".".join(path.relative_to(RUNTIME).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


TOOLS = modules("surefoot_tools")
ALL = {**TOOLS, **modules("surefoot")}


def imports(name: str, *, late: bool) -> Iterator[str]:
    """The modules that a module imports; with `late`, those in its functions, too."""
    path = ALL[name]
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, (ast.Import, ast.ImportFrom)) or (node.col_offset and not late):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            continue
        above = package[: len(package) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        for alias in node.names:
            yield f"{base}.{alias.name}" if f"{base}.{alias.name}" in ALL else base


@pytest.mark.parametrize("name", [name for name in ALL if name.split(".")[0] == "surefoot"])
def test_the_runtime_never_imports_the_tools(name: str) -> None:
    assert [each for each in imports(name, late=True) if each.startswith("surefoot_tools")] == []


def test_the_tools_have_no_import_circle() -> None:
    below = {name: set(imports(name, late=False)) & TOOLS.keys() - {name} for name in TOOLS}
    while leaves := [name for name, needs in below.items() if not needs]:
        for leaf in leaves:
            del below[leaf]
        for needs in below.values():
            needs.difference_update(leaves)
    assert below == {}


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    names = {name.rpartition(".")[2] for name in TOOLS} - {"surefoot_tools"}
    assert names & sys.stdlib_module_names == {"profile"}  # the subcommand's package


def test_no_two_modules_have_the_same_name() -> None:
    # The parallel parts of the subcommands.
    names = [name.rpartition(".")[2] for name in TOOLS if not name.endswith(".command")]
    assert sorted(names) == sorted(set(names))
