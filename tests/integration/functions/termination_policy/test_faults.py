"""With any fault of any service, only instances go that are known to be free."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from surefoot.kit.clients import Clients
from termination_policy import app
from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, event
from tests.integration.functions.termination_policy.wire import refusing
from tests.support.awsanswer import answer

ASKING = {
    "oldest": "DescribeInstances",
    "newest": "DescribeInstances",
    "not_tagged:keep": "DescribeInstances",
    "tagged:done": "DescribeInstances",
    f"idle_ecs:{seed.CLUSTER}": "ListContainerInstances",
    "metric_below:AWS/EC2 CPUUtilization Maximum 300 3 5": "GetMetricData",
    "drained:kubernetes": "GetSecretValue",
    "drained:eks://cluster": "DescribeCluster",
    "not_busy:workers": "BatchGetItem",
    "cached:dynamodb://results": "GetItem",
    "cached:s3://results/of": "GetObject",
}


def raising(error: BaseException) -> Callable[[str], AWSResponse | None]:
    def trouble(_: str) -> AWSResponse | None:
        raise error

    return trouble


FAULTS: dict[str, Callable[[str], AWSResponse | None]] = {
    "refused": refusing("AccessDeniedException"),
    "throttled": refusing("ThrottlingException"),
    "broken service": refusing("InternalFailure", 500),
    "nothing listens": raising(EndpointConnectionError(endpoint_url="https://aws")),
    "no connection": raising(ConnectTimeoutError(endpoint_url="https://aws")),
    "too slow": raising(ReadTimeoutError(endpoint_url="https://aws")),
    "no memory": raising(MemoryError("none left")),
    "the process is to end": raising(SystemExit(1)),
    "an interruption": raising(KeyboardInterrupt()),
    "an empty page": lambda _: answer(200, ""),
    "garbage": lambda _: answer(200, "<<<{{{"),
    "an empty object": lambda _: answer(200, "{}"),
    "a page of a proxy": lambda _: answer(200, "<html><body>Sign in</body></html>"),
}


@pytest.mark.parametrize("policy", ASKING)
@pytest.mark.parametrize("name", FAULTS)
def test_no_instance_is_terminated_and_the_reason_is_logged(
    fleet: Fleet, name: str, policy: str
) -> None:
    fleet.wire.trouble = FAULTS[name]
    assert fleet.decide(event({A: 1}, [("i-1", A)]), policy) == []
    record = fleet.logged()
    assert record["Answered"] == 0
    assert record["reason"]
    # One attempt: there is no time for another.
    assert fleet.wire.operations == [ASKING[policy]]


@pytest.mark.parametrize("policy", ASKING)
def test_a_refusal_says_what_to_do(fleet: Fleet, policy: str) -> None:
    fleet.wire.trouble = FAULTS["refused"]
    fleet.decide(event({A: 1}, [("i-1", A)]), policy)
    record = fleet.logged()
    assert record["Faults"] == 1
    assert f"allow {ASKING[policy]} on the resource in the policy of the role" in record["reason"]


def test_after_a_fault_what_was_proven_before_still_goes(fleet: Fleet) -> None:
    made = seed.instances(201)
    fleet.wire.sent.clear()
    throttle = FAULTS["throttled"]
    fleet.wire.trouble = lambda name: throttle(name) if len(fleet.wire.sent) == 2 else None
    sent = event({A: 201}, [(name, A) for name in made])
    assert fleet.decide(sent, "not_tagged:keep") == made[:200]
    assert fleet.logged()["Faults"] == 1


def test_a_client_that_cannot_be_made_terminates_no_instance(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "Clients", Clients)  # none of those that were made before
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert fleet.decide(event({A: 1}, [("i-1", A)]), "oldest") == []
    assert "You must specify a region" in fleet.logged()["reason"]


def test_a_context_without_a_clock_terminates_no_instance(fleet: Fleet) -> None:
    fleet.variables(POLICY="any")
    assert app.handler(event({A: 1}, [("i-1", A)]), None) == {"InstanceIDs": []}
    assert "AttributeError" in fleet.logged()["reason"]


@pytest.mark.parametrize("kind", [MemoryError, RecursionError, RuntimeError])
def test_a_defect_in_reading_terminates_no_instance(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def broken(_: Any) -> None:
        raise kind("defect")

    monkeypatch.setattr(app, "read_event", broken)
    assert fleet.decide(event({A: 1}, [("i-1", A)]), "any") == []
    assert fleet.logged()["reason"] == f"{kind.__name__}: defect"


def test_no_thread_no_instance(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", full)
    fleet.variables(POLICY="oldest")
    from surefoot.testing import fake_context

    answer = app.handler(event({A: 1}, [("i-1", A)]), fake_context(timeout=120.0))
    assert answer == {"InstanceIDs": []}
