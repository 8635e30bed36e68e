"""Handler names: what they resolve to and how each wrong one is called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from surefoot._runtime.handlers.resolve import ModuleMissing, resolve, split
from surefoot.errors import Fault


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty task root on the search path; what is imported from it is forgotten again."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(path: Path, source: str = "def handler(event, context): return 'found'") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    importlib.invalidate_caches()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("sf_app.py", "sf_app.handler"),
        ("sf_pkg/mod.py", "sf_pkg.mod.handler"),
        ("sf_pkg/mod.py", "sf_pkg/mod.handler"),
        ("sf-dash/my-mod.py", "sf-dash/my-mod.handler"),
        ("sf_pkg/__init__.py", "sf_pkg.handler"),
    ],
)
def test_forms_of_names(task: Path, file: str, name: str) -> None:
    write(task / file)
    assert resolve(name)(None, None) == "found"


def test_a_name_is_parted_at_its_last_dot() -> None:
    assert split("a/b.c.handler") == ("a/b.c", "handler")


@pytest.mark.parametrize("name", ["handler", ""])
def test_a_name_without_a_dot_is_malformed(name: str) -> None:
    with pytest.raises(Fault, match="not enough values to unpack") as caught:
        split(name)
    assert caught.value.kind == "Runtime.MalformedHandlerName"


@pytest.mark.parametrize("name", [".handler", "/a.handler", "a..handler", "a//b.handler", "../a.b"])
def test_a_module_that_is_no_path_is_malformed(name: str) -> None:
    with pytest.raises(Fault, match="is not a module path") as caught:
        resolve(name)
    assert caught.value.kind == "Runtime.MalformedHandlerName"


def test_a_built_in_module_is_refused() -> None:
    with pytest.raises(Fault, match="Cannot use built-in module sys") as caught:
        resolve("sys.handler")
    assert caught.value.kind == "Runtime.BuiltInModuleConflict"


@pytest.mark.parametrize("name", ["sf_nowhere.handler", "sf_nowhere/deep.handler"])
def test_a_module_that_is_not_there_is_distinguished(task: Path, name: str) -> None:
    with pytest.raises(ModuleMissing, match=r"Unable to import module .*No module named") as caught:
        resolve(name)
    assert (caught.value.kind, caught.value.__cause__) == ("Runtime.ImportModuleError", None)


@pytest.mark.parametrize("source", ["import sf_gone", "from sys import gone", "raise ImportError"])
def test_an_import_that_fails_inside_keeps_its_trace(task: Path, source: str) -> None:
    write(task / "sf_inner.py", source)
    with pytest.raises(Fault) as caught:
        resolve("sf_inner.handler")
    assert not isinstance(caught.value, ModuleMissing)
    assert caught.value.kind == "Runtime.ImportModuleError"
    assert isinstance(caught.value.__cause__, ImportError)


def test_a_syntax_error_shows_its_place(task: Path) -> None:
    write(task / "sf_syntax.py", "def handler(:\n")
    with pytest.raises(Fault) as caught:
        resolve("sf_syntax.handler")
    assert caught.value.kind == "Runtime.UserCodeSyntaxError"
    assert caught.value.stack is not None
    assert 'sf_syntax.py" Line 1' in caught.value.stack[0]


def test_an_attribute_that_is_not_there(task: Path) -> None:
    write(task / "sf_bare.py", "")
    with pytest.raises(Fault, match="Handler 'gone' missing on module 'sf_bare'") as caught:
        resolve("sf_bare.gone")
    assert caught.value.kind == "Runtime.HandlerNotFound"


def test_what_else_a_module_raises_passes(task: Path) -> None:
    write(task / "sf_exit.py", "raise SystemExit(3)")
    with pytest.raises(SystemExit):
        resolve("sf_exit.handler")


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("sf_app.Service.handle", "an instance"),
        ("sf_app.Service.static", "static"),
        ("sf_app.Service.by_class", "Service"),
        ("sf_app.service.handle", "an instance"),
        ("sf_app.Derived.static", "static"),
    ],
)
def test_a_method_of_a_class_is_a_handler(task: Path, name: str, result: str) -> None:
    write(
        task / "sf_app.py",
        """
class Service:
    def handle(self, event, context):
        return "an instance"

    @staticmethod
    def static(event, context):
        return "static"

    @classmethod
    def by_class(cls, event, context):
        return cls.__name__

    number = 1

class Derived(Service):
    pass

service = Service()
""",
    )
    assert resolve(name)(None, None) == result


@pytest.mark.parametrize("name", ["sf_app.Service.number", "sf_app.Service.none", "sf_app.No.run"])
def test_what_no_class_has_is_a_module_that_is_missing(task: Path, name: str) -> None:
    write(task / "sf_app.py", "class Service:\n    number = 1\n")
    with pytest.raises(ModuleMissing, match="Unable to import module 'sf_app"):
        resolve(name)
