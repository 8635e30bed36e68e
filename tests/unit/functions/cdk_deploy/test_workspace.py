"""The folders of the CDK: writable, fresh, and none of the function's own files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cdk_deploy import workspace
from cdk_deploy.config import Config


@pytest.fixture
def config(tmp_path: Path) -> Config:
    app = tmp_path / "app"
    (app / "lib").mkdir(parents=True)
    (app / "app.py").write_text("pass")
    (app / "cdk.json").write_text("{}")
    return Config(app_dir=app, scratch=tmp_path / "scratch", node=Path("/opt/node/bin/node"))


def test_the_app_is_linked_and_what_the_cli_writes_is_copied(config: Config) -> None:
    space = workspace.prepare(config, {})
    assert (space.directory / "app.py").is_symlink()
    assert (space.directory / "lib").is_symlink()
    assert not (space.directory / "cdk.json").is_symlink()
    (space.directory / "cdk.json").write_text("changed")
    (space.directory / "cdk.context.json").write_text("looked up")
    assert (config.app_dir / "cdk.json").read_text() == "{}"
    again = workspace.prepare(config, {})
    assert (again.directory / "cdk.json").read_text() == "{}"
    assert not (again.directory / "cdk.context.json").exists()


def test_an_assembly_of_a_read_only_image_is_copied_to_be_written_to(
    config: Config, tmp_path: Path
) -> None:
    assembly = tmp_path / "assembly"
    (assembly / "asset").mkdir(parents=True)
    (assembly / "manifest.json").write_text("{}")
    for path in (assembly / "manifest.json", assembly / "asset", assembly):
        path.chmod(path.stat().st_mode & 0o555)
    made = Config(assembly=assembly, scratch=config.scratch)
    for _ in range(2):  # a copy of before is no hindrance
        space = workspace.prepare(made, {})
        assert space.app == str(space.out)
        modes = [path.stat().st_mode & 0o700 for path in (space.out, space.out / "asset")]
        assert modes == [0o700, 0o700]
        assert (space.out / "manifest.json").stat().st_mode & 0o200


def test_the_environment_has_what_the_cdk_needs_and_nothing_that_it_takes_for_options(
    config: Config,
) -> None:
    variables = workspace.prepare(
        config,
        {
            "APP_ENV": "prod",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
            "CDK_CONTEXT": "evil=1",
            "CDK_STACKS": "nightly",
            "HOME": "/root",
            "LAMBDA_TASK_ROOT": "/var/task",
            "PATH": "/usr/bin",
        },
    ).environment
    scratch = str(config.scratch)
    assert variables == {
        "APP_ENV": "prod",
        "AWS_ACCESS_KEY_ID": "key",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_HOME": f"{scratch}/.cdk",
        "HOME": scratch,
        "LAMBDA_TASK_ROOT": "/var/task",
        "NO_COLOR": "1",
        "PATH": "/opt/node/bin:/usr/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": "/var/task",
        "TMPDIR": f"{scratch}/cdk.tmp",
    }
    assert os.path.isdir(variables["TMPDIR"])  # noqa: PTH112 (it is text)
