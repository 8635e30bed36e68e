"""Secrets that an app prints reach neither the log nor an error nor the caller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdk_deploy import errors
from cdk_deploy.app import handler
from surefoot.testing import invoke
from tests.integration.functions.cdk_deploy.front import Front

PASSWORD = "correct-horse-battery"
KEY = "AKIAIOSFODNN7EXAMPLE"
# In the place of the CDK: prints what an app may print.
PRINTS = """#!/bin/sh
echo "connecting with $SERVICE_PASSWORD"
echo "context: $*"
echo "key {key}"
echo "Number of stacks with differences: 1"
exit {status}
"""


def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    script = tmp_path / "cdk"
    script.write_text(PRINTS.format(key=KEY, status=status))
    (tmp_path / "app").mkdir()
    monkeypatch.setenv("CDK_NODE", "/bin/sh")
    monkeypatch.setenv("CDK_CLI", str(script))
    monkeypatch.setenv("CDK_APP_DIR", str(tmp_path / "app"))
    monkeypatch.setenv("CDK_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("SERVICE_PASSWORD", PASSWORD)


def diff() -> Any:
    context = {"apiToken": "t0ken-of-the-event", "size": "large"}
    event = {"step": "diff", "stack": "plain", "context": context}
    return invoke(handler, event, timeout=60)


def test_neither_log_nor_answer_has_them(
    cloud: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cli(tmp_path, monkeypatch, 0)
    found = diff()["diff"]
    assert "connecting with ****" in found
    assert "--context=size=large" in found
    for secret in (PASSWORD, KEY, "t0ken-of-the-event"):
        assert secret not in found
        assert secret not in caplog.text


def test_an_error_does_not_have_them(
    cloud: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cli(tmp_path, monkeypatch, 1)
    with pytest.raises(errors.CommandFailed, match="cdk diff ended with status 1") as caught:
        diff()
    for secret in (PASSWORD, KEY, "t0ken-of-the-event"):
        assert secret not in str(caught.value)
        assert secret not in caplog.text
