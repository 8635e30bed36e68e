"""What a function meets in the sandbox is what it meets on Lambda."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from rie.errors import UserError
from rie.local.sandbox import Sandbox

Start = Callable[..., Sandbox]


def inspect(sandbox: Sandbox) -> Any:
    return json.loads(sandbox.invoke(b"{}").body)


def test_runs_as_lambdas_user_without_any_privilege(start: Start) -> None:
    found = inspect(start("app.inspect"))
    assert (found["uid"], found["gid"]) == (993, 990)
    assert set(found["groups"]) <= {990}
    for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(found["status"][kind], 16) == 0, kind
    assert found["status"]["NoNewPrivs"] == "1"


def test_takes_the_handler_from_var_task(start: Start) -> None:
    found = inspect(start("app.inspect"))
    assert found["directory"] == "/var/task"
    assert found["file"] == "/var/task/app.py"


def test_takes_the_handler_from_the_images_cmd(start: Start) -> None:
    assert inspect(start(""))["file"] == "/var/task/app.py"


def test_sets_lambdas_variables_and_neither_env_nor_credentials(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-the-caller")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-caller")
    variables = inspect(start("app.inspect", memory_mb=1024))["variables"]
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "1024"
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_Image"
    assert variables["LAMBDA_TASK_ROOT"] == "/var/task"
    assert variables["HOME"] == "/tmp"
    assert "ENV" not in variables
    assert "of-the-caller" not in variables.values()


@pytest.mark.parametrize("path", ["/x", "/var/task/x", "/var/runtime/x", "/var/lang/x", "/opt/x"])
def test_refuses_writes_on_the_root(start: Start, path: str) -> None:
    answer = start("app.write").invoke(json.dumps({"path": path}).encode())
    assert json.loads(answer.body) == "EROFS"


def test_lets_a_function_write_to_tmp_of_the_given_size(start: Start) -> None:
    found = inspect(start("app.inspect", tmp_mb=600))
    assert found["tmp_bytes"] == 600 * 1024 * 1024
    written = start("app.write").invoke(b'{"path": "/tmp/x"}')
    assert json.loads(written.body) == "written"


def test_has_no_shared_memory_so_multiprocessing_locks_fail(start: Start) -> None:
    assert inspect(start("app.inspect"))["shared_memory"] is False
    assert json.loads(start("app.lock").invoke(b"{}").body).startswith("refused")


def test_allows_as_many_descriptors_as_lambda(start: Start) -> None:
    assert inspect(start("app.inspect"))["descriptors"] == [1024, 1024]


def test_is_reachable_from_this_machine_alone(start: Start) -> None:
    bindings = start("app.inspect").container.ports["8080/tcp"]
    assert {binding["HostIp"] for binding in bindings or []} == {"127.0.0.1"}


def test_names_a_port_that_is_taken(start: Start) -> None:
    taken = int(start("app.inspect").url.rpartition(":")[2])
    with pytest.raises(UserError, match=f"port {taken} is taken"):
        start("app.inspect", port=taken)
