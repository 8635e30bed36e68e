"""Events: what is understood, and what is refused with the member's name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cdk_deploy.config import Config
from cdk_deploy.errors import RequestError
from cdk_deploy.request import Request, read
from tests.integration.functions.cdk_deploy.tools import FUNCTION

DEPLOY = {"step": "deploy", "stack": "nightly", "context": {"desired_count": 4}}
MEANT = Request("deploy", "nightly", {"desired_count": "4"})


@pytest.mark.parametrize(
    "event",
    [
        DEPLOY,
        {"source": "aws.events", "detail": DEPLOY},
        {"source": "aws.scheduler", "detail": json.dumps(DEPLOY)},
    ],
)
def test_an_event_is_raw_or_in_the_detail_which_may_be_text(event: Any) -> None:
    assert read(event, Config()) == MEANT


@pytest.mark.parametrize("path", sorted((FUNCTION / "events").glob("*.json")), ids=lambda p: p.name)
def test_the_events_that_come_with_the_function_are_understood(path: Path) -> None:
    assert read(json.loads(path.read_text()), Config()).stack == "nightly"


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (None, "NoneType"),
        ([], "list"),
        ({"detail": "{"}, "not JSON"),
        ({"detail": "[]"}, "list"),
        ({}, "step is None"),
        ({"step": "destroy", "stack": "a"}, "destroy"),
        ({"step": ["deploy"], "stack": "a"}, "deploy"),
        ({"step": "deploy"}, "stack is None"),
        ({"step": "deploy", "stack": "--all"}, "--all"),
        ({"step": "deploy", "stack": "*"}, "*"),
        ({"step": "deploy", "stack": "a b"}, "a b"),
        ({"step": "deploy", "stack": "a\n"}, "a\\n"),
        ({"step": "deploy", "stack": "a" * 129}, "up to 127"),
        ({"step": "deploy", "stack": "9a"}, "9a"),
        ({"step": "deploy", "stack": "a", "app": "x"}, "'app'"),
        ({"step": "execute", "stack": "a"}, "change_set is None"),
        ({"step": "execute", "stack": "a", "change_set": "-x"}, "-x"),
        ({"step": "poll", "stack": "a", "context": {"b": 1}}, "no context"),
        ({"step": "poll", "stack": "a", "seen": "id"}, "'seen'"),
        ({"step": "poll", "stack": "a", "continuation": 1}, "continuation is 1"),
        ({"step": "poll", "stack": "a", "self_invoke": "yes"}, "self_invoke is 'yes'"),
        ({"step": "rollback", "stack": "a", "skip": ["B"]}, "the step rollback takes no skip"),
        ({"step": "resume", "stack": "a", "skip": "B"}, "skip is 'B'"),
        ({"step": "resume", "stack": "a", "skip": ["-B"]}, "skip is ['-B']"),
        ({"step": "resume", "stack": "a", "skip": [1]}, "skip is [1]"),
        ({"step": "poll", "stack": "a", "wait_s": 1801}, "it takes 0 to 1800 seconds"),
        ({"step": "poll", "stack": "a", "wait_s": -1}, "wait_s"),
        ({"step": "poll", "stack": "a", "wait_s": True}, "wait_s"),
        ({"step": "poll", "stack": "a", "wait_s": float("nan")}, "wait_s"),
    ],
)
def test_what_is_not_understood_is_named(event: Any, named: str) -> None:
    with pytest.raises(RequestError, match=re.escape(named)):
        read(event, Config())


def test_resume_may_skip_resources_also_nested_ones() -> None:
    asked = {"step": "resume", "stack": "a", "skip": ["B", "Nested.C"]}
    assert read(asked, Config()).skip == ("B", "Nested.C")
    assert read({"step": "resume", "stack": "a"}, Config()).skip == ()


def test_only_allowed_stacks_pass_where_some_are() -> None:
    config = Config(stacks=frozenset({"nightly"}))
    assert read(DEPLOY, config) == MEANT
    with pytest.raises(RequestError, match="other is not allowed; use nightly,"):
        read({**DEPLOY, "stack": "other"}, config)


def test_an_assembly_takes_no_context() -> None:
    with pytest.raises(RequestError, match="takes no context"):
        read(DEPLOY, Config(assembly=Path("/var/task/cdk.out")))


def test_poll_may_wait_as_long_as_the_longest_invocation() -> None:
    assert read({"step": "poll", "stack": "a", "wait_s": 1800}, Config()).wait_s == 1800
