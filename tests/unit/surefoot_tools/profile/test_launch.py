from __future__ import annotations

import sys
from pathlib import Path

from surefoot_tools.profile.launch import RUNTIME, launch_command


def test_the_image_starts_it_with_its_bootstrap(tmp_path: Path) -> None:
    bootstrap = tmp_path / "bootstrap"
    bootstrap.write_text("#!/bin/sh\n")
    bootstrap.chmod(0o755)
    launch = launch_command("app.handler", {"LAMBDA_RUNTIME_DIR": str(tmp_path)}, "/w")
    assert (launch.mode, launch.command) == ("bootstrap", [str(bootstrap), "app.handler"])
    assert launch.probed(7, 80)[:3] == [sys.executable, "-S", "-c"]


def test_a_checkout_has_its_bootstrap_beside_the_runtime() -> None:
    launch = launch_command("app.handler", {}, "/w")
    assert launch.command[0] == str(Path(RUNTIME).parent / "bootstrap" / "bootstrap")


def test_the_task_root_is_lambdas_or_else_the_working_directory() -> None:
    assert launch_command("a.b", {"LAMBDA_TASK_ROOT": "/var/task"}, "/w").task_root == "/var/task"
    assert launch_command("a.b", {}, "/w").task_root == "/w"


def test_the_function_gets_the_commands_variables_but_none_that_start_it_otherwise() -> None:
    given = {
        "MINE": "1",
        "AWS_REGION": "eu-west-1",
        "AWS_LAMBDA_MAX_CONCURRENCY": "8",
        "SUREFOOT_CLIENT": "awslambdaric",
        "_HANDLER": "other.handler",
    }
    found = launch_command("app.handler", given, "/w").variables("127.0.0.1:1", importtime=True)
    assert found["MINE"] == "1"
    assert found["AWS_REGION"] == "eu-west-1"
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == "profile"
    assert found["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:1"
    assert found["PYTHONPROFILEIMPORTTIME"] == found["PYTHONDONTWRITEBYTECODE"] == "1"
    assert not {"AWS_LAMBDA_MAX_CONCURRENCY", "SUREFOOT_CLIENT", "_HANDLER"} & found.keys()


def test_import_times_are_left_out_where_the_probe_is_in() -> None:
    found = launch_command("a.b", {}, "/w").variables("127.0.0.1:1", importtime=False)
    assert "PYTHONPROFILEIMPORTTIME" not in found


def test_the_environment_is_not_in_its_repr() -> None:
    # Credentials stand there.
    assert "hush" not in repr(launch_command("a.b", {"AWS_SECRET_ACCESS_KEY": "hush"}, "/w"))
