"""What functions import from surefoot: free until used, typed, and documented."""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import surefoot
import surefoot._runtime_api.streaming
from surefoot import testing

RUNTIME = Path(surefoot.__file__).parent.parent

SNIPPET = """
from typing import Any
from typing_extensions import assert_type
import surefoot
from surefoot import nothing_of_this_name  # type: ignore[attr-defined]
from surefoot import (
    Budget, ContentType, ContinuationError, DeadlineExceeded, Fault, HttpPrelude, LambdaContext,
    Marshaller, NoProgress, Resumable, after_restore, before_snapshot, on_shutdown, testing,
    use_marshaller,
)

@on_shutdown
def close() -> None: ...

before_snapshot(print, "bye", end="")
after_restore(close)
assert_type(close(), None)

def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    assert_type(Budget(context), Budget)
    assert_type(Budget(context).milliseconds, int)
    work = Resumable(event, context, reserve=5.0)
    for name in work.iterate(["a"], key=len):
        assert_type(name, str)
    return work.result()

surefoot.testing.invoke(handler, {}, timeout=1, function_name="f")
testing.invoke("app.handler", memory_limit_in_mb=512)
testing.invoke(handler, function_name=7)  # type: ignore[arg-type]
testing.fake_context(no_such_field=1)  # type: ignore[call-arg]
Budget("context")  # type: ignore[arg-type]
errors: list[type[Exception]] = [ContinuationError, DeadlineExceeded, Fault, NoProgress]
HttpPrelude(200, {"X": ["1", "2"]}), Marshaller().dumps(1)
use_marshaller(Marshaller())
"""


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); before = set(sys.modules); "
    code += "import surefoot; print(sorted(set(sys.modules) - before))"
    command = [sys.executable, "-I", "-S", "-c", code, str(RUNTIME)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "['surefoot']\n"


@pytest.mark.parametrize("name", surefoot.__all__)
def test_every_name_is_there_without_lambda(name: str) -> None:
    code = f"import surefoot; print(surefoot.{name} is surefoot.{name} is not None)"
    environ = {"PYTHONPATH": str(RUNTIME)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_the_names_are_listed_and_others_are_not_found() -> None:
    assert {*surefoot.__all__, "__version__"} <= set(dir(surefoot))
    assert list(surefoot.__all__) == sorted(surefoot.__all__)
    with pytest.raises(AttributeError, match=r"no attribute 'remainder'; it has Budget, .*, testi"):
        surefoot.remainder  # type: ignore[attr-defined]  # noqa: B018


def test_a_strict_type_checker_sees_the_names_and_their_types(tmp_path: Path) -> None:
    assert (RUNTIME / "surefoot" / "py.typed").is_file()
    (tmp_path / "snippet.py").write_text(SNIPPET)
    options = ["--strict", "--config-file", os.devnull, "--cache-dir", str(tmp_path / "cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "snippet.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(RUNTIME)},
        capture_output=True,
        text=True,
        check=False,
    )
    # Strict includes unused ignores: the lines that must not pass are checked, too.
    assert (done.stdout, done.returncode) == ("Success: no issues found in 1 source file\n", 0)


@pytest.mark.parametrize(
    ("checker", "options"),
    [
        ("mypy", ["--strict", "--config-file", os.devnull, "--cache-dir", "cache"]),
        # Pyright, with the Node.js that it needs, as one package of PyPI.
        ("basedpyright", ["--pythonpath", sys.executable]),
    ],
)
def test_a_function_with_annotations_passes_type_checkers(
    tmp_path: Path, checker: str, options: list[str]
) -> None:
    app = Path(__file__).with_name("typed_app.py").read_text(encoding="utf-8")
    (tmp_path / "app.py").write_text(app, encoding="utf-8")
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(RUNTIME)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", checker, *options, "app.py"],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(RUNTIME)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] in (
        "Success: no issues found in 1 source file",
        "0 errors, 0 warnings, 0 notes",
    )


def documented() -> list[Any]:
    """Everything that a user may call or read: the public names and what hangs on them."""
    found: list[Any] = [getattr(surefoot, name) for name in surefoot.__all__]
    found += [getattr(testing, name) for name in testing.__all__]
    for owner in filter(inspect.isclass, tuple(found)):
        for name, value in vars(owner).items():
            function = value.fget if isinstance(value, property) else value
            if inspect.isfunction(function) and (not name.startswith("_") or name == "__init__"):
                found.append(function)
    return found


def raises_itself(function: Any) -> bool:
    source = textwrap.dedent(inspect.getsource(function))
    return any(isinstance(node, ast.Raise) and node.exc for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize(
    "thing", documented(), ids=lambda thing: getattr(thing, "__qualname__", "?")
)
def test_everything_public_says_what_it_does_in_which_units_and_what_it_raises(thing: Any) -> None:
    text = inspect.getdoc(thing)
    if thing.__name__ == "__init__" and len(inspect.signature(thing).parameters) == 1:
        return
    assert text
    if not inspect.isfunction(thing):
        return
    assert ":raises " in text or not raises_itself(thing)
    for parameter in inspect.signature(thing).parameters:
        if parameter in ("reserve", "seconds", "timeout"):
            assert "seconds" in text
        if parameter in ("event", "handler", "items", "key", "reserve", "timeout", "clock"):
            assert f":param {parameter}: " in text


@pytest.mark.parametrize("thing", [surefoot.Budget, testing.invoke, surefoot.LambdaContext])
def test_a_rule_of_lambdas_is_documented_with_its_source(thing: Any) -> None:
    assert "AWS Lambda Developer Guide" in " ".join((inspect.getdoc(thing) or "").split())


def test_the_examples_of_the_other_modules_are_right() -> None:
    assert doctest.testmod(surefoot._runtime_api.streaming).failed == 0
