"""What an event can make of the command line: nothing but the words meant for it.

The handler runs a program in the CDK's place that writes down its arguments and ends.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdk_deploy.app import handler
from cdk_deploy.errors import CommandFailed, RequestError
from surefoot.testing import invoke

RECORD = '#!/bin/sh\nprintf \'%s\\0\' "$0" "$@" > "$HOME/arguments"\nexit 3\n'
FIXED = {
    *("synth", "diff", "deploy", "--ci", "--no-color", "--no-notices", "--no-version-reporting"),
    *("--quiet", "--method=template", "--exclusively", "--require-approval=never"),
    *("--progress=events", "--method=change-set", "--method=prepare-change-set"),
}
ODD = st.sampled_from(
    ["--app=x", "-a", "--", "--all", "*", "$(id)", "`id`", ";id", "a b", "a\nb", "a\0b", "", "="]
)
TEXT = ODD | st.text(max_size=20)
NAMES = st.from_regex(r"[A-Za-z][-A-Za-z0-9]{0,20}", fullmatch=True)
EVENTS = st.fixed_dictionaries(
    {
        "step": st.sampled_from(["synth", "diff", "deploy", "prepare"]) | TEXT,
        "stack": NAMES | TEXT,
        "context": st.dictionaries(
            st.from_regex(r"[a-z][a-z_.-]{0,8}", fullmatch=True) | TEXT,
            TEXT | st.integers() | st.booleans(),
            max_size=3,
        ),
    },
)


@pytest.fixture
def recorder(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cdk").write_text(RECORD)
    (tmp_path / "app").mkdir()
    for name, value in {
        "CDK_NODE": "/bin/sh",
        "CDK_CLI": str(tmp_path / "cdk"),
        "CDK_APP_DIR": str(tmp_path / "app"),
        "CDK_SCRATCH": str(tmp_path / "scratch"),
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path / "scratch" / "arguments"


def check(words: list[str], event: Any, recorder: Path) -> None:
    """Every word is one of ours, the stack in its place, or one context value."""
    program, step, stack, app, output, *options = words
    assert program == str(recorder.parent.parent / "cdk")
    # deploy synthesises first, and deploys what was checked (see test_safety).
    assert step == {"prepare": "deploy", "deploy": "synth"}.get(event["step"], event["step"])
    assert stack == event["stack"]
    assert re.fullmatch(r"[A-Za-z][-A-Za-z0-9]*", stack)
    assert (app, output) == ("--app=python3 app.py", f"--output={recorder.parent / 'cdk.out'}")
    given_words = {f"--context={key}={value}" for key, value in as_text(event["context"])}
    named = [word for word in options if word.startswith("--change-set-name=surefoot-")]
    assert len(named) == (event["step"] == "prepare")
    assert set(options) - FIXED - set(named) == given_words


def as_text(context: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (key, str(value).lower() if isinstance(value, bool) else str(value))
        for key, value in context.items()
    ]


@given(event=EVENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_event_adds_a_word_of_its_own(recorder: Path, event: Any) -> None:
    recorder.unlink(missing_ok=True)
    with pytest.raises((RequestError, CommandFailed)) as caught:
        invoke(handler, event, timeout=60)
    if caught.type is CommandFailed:
        check(recorder.read_bytes().decode().split("\0")[:-1], event, recorder)
    else:
        assert not recorder.exists()


@pytest.mark.parametrize("step", ["synth", "diff", "deploy", "prepare"])
def test_each_step_runs_its_command(recorder: Path, step: str) -> None:
    event = {"step": step, "stack": "nightly", "context": {"a": "-x", "b": True, "c": "--app=y"}}
    with pytest.raises(CommandFailed, match=f"cdk {step} ended with status 3"):
        invoke(handler, event, timeout=60)
    check(recorder.read_bytes().decode().split("\0")[:-1], event, recorder)
