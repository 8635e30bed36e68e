"""What a pure policy costs, counted: what it imports, calls and starts."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from rie.paths import ROOT
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import large
from tests.integration.functions.termination_policy.paths import FUNCTION

PROGRAM = """
import json, sys, threading
from surefoot.testing import fake_context
from termination_policy import app
ids = app.handler(json.load(sys.stdin), fake_context(timeout=2.0))["InstanceIDs"]
heavy = {"boto3", "botocore", "urllib3", "http.client", "ssl", "asyncio", "dataclasses", "inspect"}
print(json.dumps([len(ids), sorted(heavy & sys.modules.keys()), threading.active_count()]))
"""


def outcome(policy: str) -> tuple[int, set[str], int]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(large(600, wanted=60)),
        env={"POLICY": policy, "PYTHONPATH": f"{ROOT / 'runtime'}:{FUNCTION}", "HOME": "/tmp"},
        capture_output=True,
        text=True,
        check=True,
    )
    ids, heavy, threads = json.loads(done.stdout.splitlines()[-1])
    return ids, set(heavy), threads


def test_a_pure_policy_imports_no_boto3() -> None:
    assert outcome("any") == (60, set(), 1)


def test_a_policy_that_asks_imports_it_once_it_starts() -> None:
    # Without a region no client can be made, and no instance goes.
    ids, heavy, _ = outcome("oldest")
    assert ids == 0
    assert "boto3" in heavy


@pytest.mark.parametrize("policy", ["", "eldest", "any:thing"])
def test_a_wrong_policy_imports_nothing_heavy(policy: str) -> None:
    assert outcome(policy) == (0, set(), 1)


def test_a_full_event_is_answered_without_a_call(fleet: Fleet) -> None:
    ids = fleet.decide(large(), "any")
    assert len(set(ids)) == 996  # 1,000 in six places, rounded down
    assert fleet.wire.sent == []
