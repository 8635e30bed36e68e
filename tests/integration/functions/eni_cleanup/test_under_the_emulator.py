"""The function under AWS's emulator, killed by it for real, and in the sandbox."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rie.demo.aws import eni_fixtures as furniture
from rie.demo.aws.eni_fixtures import Vpc
from rie.function import find
from rie.images import image as images
from rie.local.client import InvocationOutcome
from rie.local.official_rie import OfficialRie
from rie.local.sandbox import Sandbox
from surefoot.kit.resumable import Chain
from tests.image.conftest import Logs
from tests.integration.functions.eni_cleanup.conftest import Order
from tests.integration.functions.eni_cleanup.mailbox import Mailbox
from tests.integration.functions.eni_cleanup.proxy import Proxy
from tests.support.aws import variables

if TYPE_CHECKING:
    from docker import DockerClient

FUNCTION = find("eni_cleanup")


def _bytes(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def _variables(ec2: Proxy, **more: str) -> dict[str, str]:
    local = {"RESPONSE_URL_PREFIX": "http://127.0.0.1:"}
    return {**variables(ec2.url), "POLL_SECONDS": "1", **local, **more}


def test_deletes_and_answers_under_the_emulator(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, tmp_path: Path
) -> None:
    furniture.function("shop", vpc.subnets, vpc.groups)
    names = {furniture.interface(subnet, vpc.groups) for subnet in vpc.subnets}
    log = tmp_path / "log"
    with (
        log.open("w") as output,
        OfficialRie(FUNCTION, variables=_variables(ec2), logs=output) as rie,
    ):
        shown = rie.invoke(_bytes({"dry_run": True, "functions": ["shop"]}))
        done = rie.invoke(_bytes(order(furniture.stack(), FunctionNames=["shop"])))
    assert json.loads(shown.body)["would_delete"] == 2
    assert json.loads(done.body)["status"] == "SUCCESS"
    assert not furniture.interfaces() & names
    assert [answer["Status"] for answer in box.taken] == ["SUCCESS"]
    assert "secret" not in log.read_text()  # the signature of the mailbox's address


def test_killed_by_its_time_out_it_finishes_when_lambda_repeats_the_event(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, tmp_path: Path
) -> None:
    """A SIGKILL right after the function was detached, while a call hangs."""
    furniture.function("shop", vpc.subnets, vpc.groups)
    names = {furniture.interface(subnet, vpc.groups) for subnet in vpc.subnets}
    killed = threading.Event()

    def hang(_: int, operation: str) -> None:
        if operation == "DescribeNetworkInterfaces" and ec2.calls.count(operation) == 1:
            killed.wait(30)

    ec2.before = hang
    event = _bytes(order(furniture.stack(), FunctionNames=["shop"]))
    with (
        (tmp_path / "log").open("w") as output,
        OfficialRie(FUNCTION, variables=_variables(ec2), logs=output, timeout_s=9) as rie,
    ):
        first = rie.invoke(event)
        killed.set()
        assert first.outcome is InvocationOutcome.TIMED_OUT
        assert not box.received
        assert "UpdateFunctionConfiguration" in ec2.calls
        second = rie.invoke(event)
    assert json.loads(second.body)["status"] == "SUCCESS"
    assert ec2.calls.count("UpdateFunctionConfiguration") == 1
    assert not furniture.interfaces() & names
    assert [answer["Status"] for answer in box.taken] == ["SUCCESS"]


def test_the_guard_hands_over_before_the_time_out_of_a_call_that_hangs(
    ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, tmp_path: Path
) -> None:
    furniture.function("shop", vpc.subnets, vpc.groups)
    name = furniture.interface(vpc.subnets[0], vpc.groups)
    over = threading.Event()

    def hang(_: int, operation: str) -> None:
        if operation == "DescribeNetworkInterfaces" and ec2.calls.count(operation) == 1:
            over.wait(30)

    ec2.before = hang
    event = order(furniture.stack(), FunctionNames=["shop"])
    guarded = _variables(ec2, SUREFOOT_DEADLINE_RAISE="1", SUREFOOT_DEADLINE_MARGIN_MS="5000")
    with (
        (tmp_path / "log").open("w") as output,
        OfficialRie(FUNCTION, variables=guarded, logs=output, timeout_s=9) as rie,
    ):
        first = rie.invoke(_bytes(event))
        over.set()
        assert json.loads(first.body) == {"status": "HANDED_OVER"}
        [following] = ec2.invoked
        assert Chain(following, f"eni_cleanup {event['RequestId']}").invocation == 2
        second = rie.invoke(_bytes(following))
    assert json.loads(second.body)["status"] == "SUCCESS"
    assert name not in furniture.interfaces()
    assert [answer["Status"] for answer in box.taken] == ["SUCCESS"]


@pytest.fixture(scope="module")
def built(engine: DockerClient, image: str) -> str:
    return images.build_function(engine, FUNCTION, image)


def test_deletes_and_answers_in_the_sandbox(
    built: str, ec2: Proxy, vpc: Vpc, box: Mailbox, order: Order, logs: Logs
) -> None:
    furniture.function("shop", vpc.subnets, vpc.groups)
    names = {furniture.interface(subnet, vpc.groups) for subnet in vpc.subnets}
    with Sandbox(
        built, FUNCTION, host_network=True, variables=_variables(ec2), logs=logs, timeout_s=60
    ) as sandbox:
        created = sandbox.invoke(_bytes(order("arn:stack", "Create", FunctionNames=["shop"])))
        done = sandbox.invoke(_bytes(order(furniture.stack(), FunctionNames=["shop"])))
    assert json.loads(created.body)["status"] == "SUCCESS"
    assert json.loads(done.body)["status"] == "SUCCESS"
    assert not furniture.interfaces() & names
    assert [answer["Status"] for answer in box.taken] == ["SUCCESS", "SUCCESS"]
