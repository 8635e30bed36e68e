"""bootstrap/bootstrap: what starts the runtime in an image, as a process on this machine."""

from __future__ import annotations

import json
import py_compile
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.support.invocation import Invocation
from tests.support.process import RUNTIME, Client, ClientProcess, Outcome
from tests.support.request import Request
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

BOOTSTRAP = str(RUNTIME.parent / "bootstrap" / "bootstrap")
SHOW = """
import os, sys
def handler(event, context):
    return [os.environ["_HANDLER"], os.environ.get("WRAPPED"), "site" in sys.modules]
def other(event, context):
    return "the other"
"""


class Serve(Protocol):
    def __call__(
        self, handler: str | None = "app.handler", **environ: str | None
    ) -> tuple[list[Request], Outcome]: ...


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Run the bootstrap for one invocation, in a task root with SHOW in app.py."""
    (tmp_path / "app.py").write_text(SHOW)
    with ExitStack() as stack:

        def served(
            handler: str | None = "app.handler", **environ: str | None
        ) -> tuple[list[Request], Outcome]:
            api = stack.enter_context(RuntimeApi([Invocation()], then=Then.HANG_UP))
            variables = {
                "LAMBDA_RUNTIME_DIR": str(RUNTIME),
                "SUREFOOT_PYTHON": sys.executable,
                "PYTHONPATH": None,
                **environ,
            }
            process = stack.enter_context(
                ClientProcess(
                    Client.SUREFOOT, handler, tmp_path, api.address, variables, [BOOTSTRAP]
                )
            )
            outcome = process.finish()
            return api.complete(Route.RESPONSE, Route.ERROR, Route.INIT_ERROR), outcome

        yield served


def wrapper(tmp_path: Path, text: str) -> str:
    path = tmp_path / "wrapper"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_the_handler_is_in_the_environment_where_tracers_look_for_it(serve: Serve) -> None:
    # Lambda sets the variable and leaves it empty for images.
    (answer,), _ = serve(_HANDLER="")
    assert json.loads(answer.body)[0] == "app.handler"
    (answer,), _ = serve(None, _HANDLER="app.handler")
    assert json.loads(answer.body)[0] == "app.handler"


def test_an_exec_wrapper_gets_the_command_and_may_change_the_environment(
    serve: Serve, tmp_path: Path
) -> None:
    program = wrapper(tmp_path, 'export WRAPPED="$_HANDLER"; exec "$@"')
    (answer,), _ = serve(AWS_LAMBDA_EXEC_WRAPPER=program)
    assert json.loads(answer.body) == ["app.handler", "app.handler", True]


def test_after_a_wrapper_the_variable_names_the_handler(serve: Serve, tmp_path: Path) -> None:
    program = wrapper(tmp_path, 'export _HANDLER=app.other; exec "$@"')
    (answer,), _ = serve(AWS_LAMBDA_EXEC_WRAPPER=program)
    assert answer.body == b'"the other"'


@pytest.mark.parametrize("kind", ["missing", "not executable", "a folder"])
def test_a_wrapper_that_cannot_run_is_exit_127_with_a_sentence(
    serve: Serve, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "wrapper"
    if kind == "not executable":
        path.write_text("#!/bin/sh\n")
    if kind == "a folder":
        path.mkdir()
    posts, outcome = serve(AWS_LAMBDA_EXEC_WRAPPER=str(path))
    assert (posts, outcome.code) == ([], 127)
    assert f"AWS_LAMBDA_EXEC_WRAPPER is '{path}'" in outcome.stderr.decode()
    assert "mode 0755" in outcome.stderr.decode()


@pytest.mark.parametrize(("check", "answer"), [(None, "sealed"), ("1", "mounted")])
def test_sealed_bytecode_is_compared_with_its_source_under_the_emulator_only(
    serve: Serve, tmp_path: Path, check: str | None, answer: str
) -> None:
    source = tmp_path / "sealed.py"
    source.write_text("import os\ndef handler(e, c): return 'sealed'\n")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(source), invalidation_mode=mode, doraise=True)
    source.write_text(
        "import os\n"
        "def handler(e, c): return 'mounted' + os.environ.get('SUREFOOT_CHECK_BYTECODE', '')\n"
    )
    (post,), _ = serve("sealed.handler", SUREFOOT_CHECK_BYTECODE=check)
    assert json.loads(post.body) == answer
