"""The structure of the runtime, read from its source and from a process that runs it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.invocation import Invocation
from tests.support.process import RUNTIME, lambda_environment
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then
from tests.unit.home import BASE_PYTHON, make_home
from tests.unit.layers import (
    EAGER,
    ENVIRONMENT_READERS,
    FOREIGN,
    LAYERS,
    PACKAGES,
    SOCKET_MODULES,
    SOCKET_USERS,
    TOOLS,
)

PACKAGE = RUNTIME / "surefoot"
BOOTSTRAP = RUNTIME.parent / "bootstrap" / "bootstrap"


def find_modules() -> dict[str, Path]:
    """Every module of the runtime by its name below the package, but for the tools."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if name.split(".")[0] not in TOOLS and FOREIGN not in str(path):
            found[name.removesuffix("__init__").rstrip(".")] = path
    return found


MODULES = find_modules()
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}


def layer_of(name: str) -> int:
    """The layer of a module, or of the nearest package around it that has one."""
    while name and name not in LAYER:
        name, dot, _ = name.rpartition(".")
        assert dot, "it has no layer; put it into tests/unit/layers.py"
    return LAYER[name]


def imports(name: str) -> Iterator[tuple[str, bool]]:
    """Each module that a module imports when it runs, and whether it is one of the package's."""
    path = MODULES[name]
    parts = name.split(".") if name else []
    # Where a relative import starts: the package that the module is in, or is.
    here = parts if path.name == "__init__.py" else parts[:-1]
    for node in running(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((each.name, False) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or "", False
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] + (node.module or "").split(".")
            module = ".".join(filter(None, base))
            for each in node.names:
                below = f"{module}.{each.name}".lstrip(".")
                yield below if below in {*MODULES, *TOOLS} else module, True


def running(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and getattr(child.test, "id", "") == "TYPE_CHECKING":
            for skipped_to in child.orelse:
                yield skipped_to
                yield from running(skipped_to)
            continue
        yield child
        yield from running(child)


@pytest.mark.parametrize("name", MODULES)
def test_imports_only_point_downward(name: str) -> None:
    layer = layer_of(name)
    own = [other for other, is_ours in imports(name) if is_ours]
    assert [other for other in own if layer_of(other) > layer] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        name: {other for other, is_ours in imports(name) if is_ours and other in MODULES} - {name}
        for name in MODULES
    }
    # A module that imports nothing of what is left is in no circle; take those away, over and over.
    while leaves := [name for name, others in graph.items() if not others & graph.keys()]:
        for name in leaves:
            del graph[name]
    assert graph == {}


@pytest.mark.parametrize("name", MODULES)
def test_a_package_imports_none_that_is_above_it(name: str) -> None:
    package = name.partition(".")[0]
    above = PACKAGES[PACKAGES.index(package) + 1 :] if package in PACKAGES else ()
    imported = {other.partition(".")[0] for other, is_ours in imports(name) if is_ours}
    assert imported & {*above} == set()


@pytest.mark.parametrize("name", MODULES)
def test_no_tool_is_imported(name: str) -> None:
    assert not {other.split(".")[0] for other, is_ours in imports(name) if is_ours} & TOOLS


@pytest.mark.parametrize("name", MODULES)
def test_only_the_standard_library_is_imported(name: str) -> None:
    foreign = {other.split(".")[0] for other, is_ours in imports(name) if not is_ours}
    optional = (
        {"orjson"} if name == "_payload.orjson_backend" else set()
    )  # used if the image has it
    assert foreign - optional <= sys.stdlib_module_names | {"__future__"}


def test_only_the_transport_has_sockets() -> None:
    users = {
        name
        for name in MODULES
        for other, is_ours in imports(name)
        if not is_ours and other in SOCKET_MODULES
    }
    assert users <= SOCKET_USERS


def test_only_the_composition_root_reads_the_environment() -> None:
    readers = {
        name
        for name, path in MODULES.items()
        for node in running(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"}
    }
    assert readers <= ENVIRONMENT_READERS


def test_the_table_of_layers_names_each_module_once() -> None:
    assert len(LAYER) == sum(map(len, LAYERS))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """What the image's launch mode has loaded, beyond a bare interpreter, when a handler runs."""
    home, task = make_home(tmp_path_factory.mktemp("home")), tmp_path_factory.mktemp("task")
    (task / "app.py").write_text("import sys\ndef handler(*_): return sorted(sys.modules)\n")
    with RuntimeApi([Invocation()], then=Then.HANG_UP) as api:
        environ = lambda_environment(api.address, task)
        del environ["PYTHONPATH"]
        environ |= {"PYTHONHOME": str(home), "SUREFOOT_PYTHON": BASE_PYTHON}
        environ |= {"LAMBDA_RUNTIME_DIR": str(RUNTIME)}
        subprocess.run([BOOTSTRAP, "app.handler"], cwd=task, env=environ, check=False)
        (answer,) = api.complete(Route.RESPONSE)
    bare = [BASE_PYTHON, "-S", "-c", "import sys; print(*sys.modules)"]
    known = subprocess.run(bare, env=environ, capture_output=True, text=True, check=True).stdout
    return frozenset(json.loads(answer.body)) - frozenset(known.split()) - {"app"}


def test_a_cold_start_loads_what_is_listed_and_nothing_else(loaded: frozenset[str]) -> None:
    assert loaded == EAGER


@pytest.mark.parametrize(
    "heavy",
    [
        *["asyncio", "http", "inspect", "dataclasses", "typing", "traceback", "logging", "json"],
        *["re", "socket", "os", "subprocess", "site", "importlib.util"],
    ],
)
def test_a_cold_start_loads_nothing_heavy(loaded: frozenset[str], heavy: str) -> None:
    assert heavy not in loaded
