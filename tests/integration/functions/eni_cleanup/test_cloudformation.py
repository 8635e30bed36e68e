"""The answer's form, and its way to a real server that may misbehave."""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

import pytest

from eni_cleanup import cloudformation as answer
from eni_cleanup.cloudformation import FAILED, SUCCESS, CfnResult, ResponseNotDelivered
from surefoot.testing import fake_context
from tests.integration.functions.eni_cleanup import mailbox
from tests.integration.functions.eni_cleanup.mailbox import Mailbox
from tests.unit.functions.eni_cleanup.world import World, request, shop

ANSWER = CfnResult(SUCCESS, "done", {"Deleted": "2"})


def _event(url: str) -> dict[str, Any]:
    return {**request(), "ResponseURL": url}


def _deliver(url: str, verdict: CfnResult = ANSWER, **options: Any) -> list[float]:
    waits: list[float] = []
    context = fake_context(timeout=options.pop("timeout", 900))
    answer.deliver(_event(url), verdict, context, sleep=waits.append, **options)
    return waits


def test_says_what_cloudformation_wants_to_read() -> None:
    event = request()
    assert json.loads(answer.encode_response(event, ANSWER)) == {
        "Status": "SUCCESS",
        "Reason": "done",
        "PhysicalResourceId": event["PhysicalResourceId"],
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": False,
        "Data": {"Deleted": "2"},
    }


@pytest.mark.parametrize("letter", ["x", "ä", "𝄞", '"', "\n", "\x00", "\ud800"])
def test_never_exceeds_4096_bytes_and_keeps_the_beginning_of_the_reason(letter: str) -> None:
    content = answer.encode_response(
        request(), CfnResult(FAILED, "begins: " + letter * 5000, {"Data": "y" * 4000})
    )
    assert len(content) <= 4096
    assert len(content) > 3000
    fields = json.loads(content)
    assert fields["Reason"].startswith("begins: ")
    assert fields["Reason"].endswith("the rest is in the function's log)")
    assert fields["Data"] == {}


def test_a_failure_never_lacks_a_reason() -> None:
    assert json.loads(answer.encode_response(request(), CfnResult(FAILED)))["Reason"]


def test_the_id_stays_what_it_is_and_is_the_same_in_every_repetition() -> None:
    create = request("Create", FunctionNames=["a"])
    made = answer.physical_id(create)
    assert made == answer.physical_id(json.loads(json.dumps(create)))
    assert 0 < len(made.encode()) <= 1024
    update = {**request("Update", FunctionNames=["b"]), "PhysicalResourceId": made}
    assert answer.physical_id(update) == made
    assert answer.physical_id(update, FAILED) == made
    long = {**create, "LogicalResourceId": "x" * 5000}
    assert len(answer.physical_id(long).encode()) <= 1024


def test_a_failed_create_is_recognised_when_it_is_taken_back() -> None:
    create = request("Create")
    failed = answer.physical_id(create, FAILED)
    assert answer.deletes_failed_create({**request(), "PhysicalResourceId": failed})
    made = answer.physical_id(create)
    assert not answer.deletes_failed_create({**request(), "PhysicalResourceId": made})


def test_is_sent_once_with_an_empty_type(box: Mailbox) -> None:
    assert _deliver(box.url) == []
    [(headers, content)] = box.received
    assert headers["Content-Type"] == ""
    assert headers["Content-Length"] == str(len(content))
    assert "Transfer-Encoding" not in headers
    assert box.taken[0]["Status"] == "SUCCESS"


@pytest.mark.parametrize("statuses", [[500, 503], [429, 408], [mailbox.DROP, mailbox.DROP]])
def test_is_sent_again_after_a_pause_that_grows(box: Mailbox, statuses: list[int]) -> None:
    box.statuses += statuses
    assert _deliver(box.url) == [1.0, 2.0]
    assert len(box.taken) == 1


def test_a_refusal_is_tried_three_times_only(box: Mailbox) -> None:
    box.statuses += [403] * 9
    with pytest.raises(ResponseNotDelivered, match="HTTP status 403"):
        _deliver(box.url)
    assert len(box.received) == 3


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_is_no_confirmation(box: Mailbox, status: int) -> None:
    box.statuses += [status]
    assert _deliver(box.url) == [1.0]
    assert len(box.taken) == 1


def test_a_server_that_says_nothing_is_given_up_and_tried_again(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Enough for a busy machine to answer the second time.
    monkeypatch.setattr(answer, "READ_TIMEOUT_S", 2.0)
    box.statuses += [mailbox.HANG]
    assert _deliver(box.url) == [1.0]
    assert len(box.taken) == 1


def test_an_unreachable_server_is_tried_until_time_is_up_and_its_address_is_no_secret_told(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(answer.ALSO_ALLOWED, "http://127.0.0.1:")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/?X-Amz-Signature=secret"
        now = [0.0]
        waits: list[float] = []

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            now[0] += seconds

        context = fake_context(timeout=900, clock=lambda: now[0])
        with pytest.raises(ResponseNotDelivered) as error:
            answer.deliver(_event(url), ANSWER, context, sleep=sleep)
    assert waits[:6] == [1, 2, 4, 8, 16, 30]
    assert 840 < sum(waits) < 900
    assert "127.0.0.1" in str(error.value)
    assert "NAT" in str(error.value)
    assert "secret" not in str(error.value) + "".join(capfd.readouterr())


S3 = "cloudformation-custom-resource-response-euwest1.s3"


@pytest.mark.parametrize(
    "url",
    [
        f"https://{S3}-eu-west-1.amazonaws.com/path?X-Amz-Signature=secret",
        f"https://{S3}.eu-west-1.amazonaws.com:443/path?X-Amz-Signature=secret",
        f"https://{S3}.amazonaws.com/path?X-Amz-Signature=secret",
        f"https://{S3}.dualstack.eu-west-1.amazonaws.com/path?X-Amz-Signature=secret",
        f"https://{S3}.cn-north-1.amazonaws.com.cn/path?X-Amz-Signature=secret",
        f"https://{S3}.eusc-de-east-1.amazonaws.eu/path?X-Amz-Signature=secret",
    ],
)
def test_an_answer_goes_to_s3(url: str) -> None:
    sent: list[str] = []

    def put(to: str, *_: Any) -> int:
        sent.append(to)
        return 200

    _deliver(url, put=put)
    assert sent == [url]


@pytest.mark.parametrize(
    "url",
    [
        *("", "nonsense", "ftp://x/", "http://[::1", "https:///path", None, 7),
        f"http://{S3}.amazonaws.com/path?X-Amz-Signature=secret",
        f"https://{S3}.amazonaws.com.example.org/path?X-Amz-Signature=secret",
        f"https://{S3}.amazonaws.com:8443/path?X-Amz-Signature=secret",
        f"https://{S3}.amazonaws.com@example.org/path?X-Amz-Signature=secret",
        f"https://example.org\\@{S3}.amazonaws.com/path?X-Amz-Signature=secret",
        f"https://example.org\\.{S3}.amazonaws.com/path?X-Amz-Signature=secret",
        f"https://me:secret@{S3}.amazonaws.com/path",
        "https://169.254.169.254/latest/meta-data?X-Amz-Signature=secret",
        "https://s3.example.amazonaws.com/path?X-Amz-Signature=secret",
        "https://api.execute-api.eu-west-1.amazonaws.com/path?X-Amz-Signature=secret",
        "https://xs3.amazonaws.com/path?X-Amz-Signature=secret",
    ],
)
def test_an_answer_goes_nowhere_else_and_nothing_is_done(url: Any) -> None:
    sent: list[str] = []

    def put(to: str, *_: Any) -> int:
        sent.append(to)
        return 200

    with pytest.raises(answer.ResponseUrlRefused, match="not an https address of S3") as error:
        _deliver(url, put=put)
    assert "secret" not in str(error.value)
    world = shop(World())
    with pytest.raises(answer.ResponseUrlRefused):
        world.by_hand({**request(), "ResponseURL": url})
    assert (sent, world.steps, world.detached) == ([], [], [])


def test_without_requests_http_client_sends_it(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)
    box.statuses += [500, mailbox.DROP]
    assert _deliver(box.url) == [1.0, 2.0]
    assert [headers["Content-Type"] for headers, _ in box.received] == ["", "", ""]
    assert box.taken[0]["Status"] == "SUCCESS"
    assert "requests cannot be imported" in capfd.readouterr().err


def test_http_client_gives_up_on_a_server_that_says_nothing(box: Mailbox) -> None:
    box.statuses += [mailbox.HANG]
    with pytest.raises(TimeoutError):
        answer.put_with_http_client(box.url, b"{}", (1.0, 0.1))
