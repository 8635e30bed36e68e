"""Who runs a function, and what is closed to it: on AWS, and in the emulator's containers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.conftest import Caller

pytestmark = pytest.mark.sandbox
VARIABLES = [
    *["LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "AWS_EXECUTION_ENV", "HOME"],
    "AWS_LAMBDA_INITIALIZATION_TYPE",
]
FOLDERS = ["/", "/var/task", "/opt", "/etc", "/var/runtime"]


def look(call: Caller) -> dict[str, Any]:
    answer = call.invoke("sandbox", {"variables": VARIABLES, "folders": FOLDERS})
    assert answer.error is None
    seen: dict[str, Any] = answer.json
    return seen


def test_the_user_is_lambdas_whatever_the_image_says(call: Caller) -> None:
    assert look(call)["user"] == [993, 990, "sbx_user1051"]


def test_nothing_but_tmp_can_be_written_to(call: Caller) -> None:
    assert look(call)["refused"] == dict.fromkeys(FOLDERS, "EROFS")


def test_tmp_is_the_users_alone_and_programs_run_there(call: Caller) -> None:
    seen = look(call)
    assert seen["tmp_mode"] == 0o700
    assert seen["script"] == "ran\n"


def test_tmp_has_512_mb(call: Caller) -> None:
    assert 480 <= look(call)["tmp_mb"] <= 560


def test_there_is_no_shared_memory(call: Caller) -> None:
    assert look(call)["has_shm"] is False


def test_1024_files_can_be_open(call: Caller) -> None:
    assert look(call)["open_files"] == 1024


def test_the_environment_is_that_of_an_image(call: Caller) -> None:
    seen = look(call)
    assert seen["cwd"] == "/var/task"
    assert seen["variables"] == {
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "AWS_EXECUTION_ENV": "AWS_Lambda_Image",
        "HOME": "/tmp",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    }


def test_an_image_has_its_own_opt(call: Caller) -> None:
    answer = call.invoke("wrapped", {})
    assert answer.error is None
    assert answer.json["file"] == "/opt/python/from_a_layer.py"
    assert answer.json["wrapped_by"] == "/opt/wrapper"
