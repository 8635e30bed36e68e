"""The calls of the Runtime API: what is sent, and what each status means."""

from __future__ import annotations

import json

import pytest

from surefoot import __version__
from surefoot._payload.marshaller import Marshaller
from surefoot._runtime_api.client import Client
from surefoot._runtime_api.error_report import MAX_XRAY, Report
from surefoot._runtime_api.frames import Frame
from surefoot._runtime_api.http1 import Reply
from surefoot.errors import ContainerError, RemoteProtocolError
from tests.unit import fakes

REPORT = Report("ValueError", "no é", ["line\n"], [("ValueError", "no é", [])])
NEXT = fakes.reply(200, b'{"a": 1}', lambda_runtime_aws_request_id="a/b")


def client(
    *replies: Reply, said: list[str] | None = None, host: str = "127.0.0.1"
) -> tuple[Client, list[tuple[list[bytes], bytes]]]:
    connection = fakes.ListConnection(replies, host)
    log_to_operator = said.append if said is not None else pytest.fail
    return Client(connection, Marshaller(), log_to_operator), connection.sent


def test_next_is_one_request_without_a_body() -> None:
    serving, sent = client(NEXT)
    invocation = serving.next()
    assert (invocation.request_id, invocation.body) == ("a/b", b'{"a": 1}')
    ((lines, body),) = sent
    assert lines[0] == b"GET /2018-06-01/runtime/invocation/next HTTP/1.1"
    assert lines[1] == b"Host: 127.0.0.1:9001"
    assert lines[2].startswith(f"User-Agent: surefoot/{__version__} python/3.".encode())
    assert (lines[3:], body) == ([], b"")


def test_an_ipv6_host_is_in_brackets() -> None:
    serving, sent = client(NEXT, host="::1")
    serving.next()
    assert sent[0][0][1] == b"Host: [::1]:9001"


def test_a_response_goes_to_the_encoded_request_id() -> None:
    serving, sent = client(fakes.reply())
    odd = fakes.invocation(headers={"lambda-runtime-aws-request-id": "a/b c"})
    serving.respond(odd, b"out", "application/json")
    ((lines, body),) = sent
    assert lines[0] == b"POST /2018-06-01/runtime/invocation/a%2Fb%20c/response HTTP/1.1"
    assert lines[3:] == [b"Content-Type: application/json", b"Content-Length: 3"]
    assert body == b"out"


def test_the_invocation_id_is_echoed_when_there_was_one() -> None:
    serving, sent = client(fakes.reply(), fakes.reply())
    named = fakes.invocation(headers={"lambda-runtime-invocation-id": "n-1"})
    serving.respond(named, b"", "text/plain")
    serving.fail(named, REPORT)
    assert all(b"Lambda-Runtime-Invocation-Id: n-1" in lines for lines, _ in sent)


def test_a_failure_is_reported_with_its_type_and_cause() -> None:
    serving, sent = client(fakes.reply())
    serving.fail(fakes.invocation(), REPORT)
    ((lines, body),) = sent
    assert lines[0].endswith(f"/{fakes.REQUEST_ID}/error HTTP/1.1".encode())
    assert b"Lambda-Runtime-Function-Error-Type: Function.ValueError" in lines
    (cause,) = (line for line in lines if line.startswith(b"Lambda-Runtime-Function-XRay"))
    assert cause.isascii()
    assert json.loads(cause.partition(b": ")[2])["exceptions"][0]["message"] == "no é"
    assert json.loads(body) == {
        "errorMessage": "no é",
        "errorType": "ValueError",
        "requestId": fakes.REQUEST_ID,
        "stackTrace": ["line\n"],
    }


def test_a_cause_that_is_too_long_keeps_the_failure_itself() -> None:
    serving, sent = client(fakes.reply())
    frames = [Frame(f"/var/task/{'d' * 200}/{n}.py", n, "f", {}) for n in range(100)]
    causes = [("E", "x" * 9000, frames)] * 20
    serving.fail(fakes.invocation(), Report("E", "x" * 9000, [], causes))
    ((lines, body),) = sent
    (cause,) = (line for line in lines if line.startswith(b"Lambda-Runtime-Function-XRay"))
    assert len(cause.partition(b": ")[2]) <= MAX_XRAY
    assert json.loads(cause.partition(b": ")[2])["exceptions"][0]["stack"][-1]["line"] == 99
    assert b"x" * 9000 in body


def test_a_cause_that_cannot_be_made_small_enough_is_left_out_whole() -> None:
    serving, sent = client(fakes.reply())
    frames = [Frame("d" * MAX_XRAY, 1, "f", {})]
    serving.fail(fakes.invocation(), Report("E", "text", [], [("E", "text", frames)]))
    ((lines, body),) = sent
    assert not any(b"XRay" in line for line in lines)
    assert b"text" in body


def test_an_init_error_names_no_request() -> None:
    serving, sent = client(fakes.reply())
    serving.init_error(REPORT)
    ((lines, body),) = sent
    assert lines[0] == b"POST /2018-06-01/runtime/init/error HTTP/1.1"
    assert json.loads(body)["requestId"] == ""


def test_a_refused_init_error_is_only_logged() -> None:
    said: list[str] = []
    client(fakes.reply(500), said=said)[0].init_error(REPORT)
    assert "answered 500 to the report" in said[0]


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (400, "refused as malformed"),
        (403, "expects no answer now"),
        (404, "status 404"),
        (410, "timed out already"),
        (413, "6,291,556 bytes"),
    ],
)
def test_a_refused_answer_is_one_line_for_the_operator(status: int, why: str) -> None:
    said: list[str] = []
    serving, _ = client(fakes.reply(status), fakes.reply(status), said=said)
    serving.respond(fakes.invocation(), b"out", "text/plain")
    serving.fail(fakes.invocation(), REPORT)
    assert len(said) == 2
    assert all(why in line and fakes.REQUEST_ID in line for line in said)


@pytest.mark.parametrize(
    ("heard", "words"), [(True, "the first had arrived"), (False, "the first may have arrived")]
)
def test_a_refusal_of_an_answer_that_was_sent_twice_says_what_is_known_of_the_first(
    heard: bool, words: str
) -> None:
    said: list[str] = []
    refusal = fakes.reply(403)
    refusal.repeated, refusal.heard = True, heard
    client(refusal, said=said)[0].respond(fakes.invocation(), b"", "text/plain")
    assert words in said[0]


@pytest.mark.parametrize("status", [500, 503])
def test_a_container_error_stops_every_call(status: int) -> None:
    broken = fakes.reply(status, b'{"errorType":"x"}')
    serving, _ = client(broken, broken, broken)
    with pytest.raises(ContainerError, match=f"answered {status} to .*errorType"):
        serving.next()
    with pytest.raises(ContainerError):
        serving.respond(fakes.invocation(), b"", "text/plain")
    with pytest.raises(ContainerError):
        serving.fail(fakes.invocation(), REPORT)


@pytest.mark.parametrize("status", [202, 204, 403, 404])
def test_a_next_that_is_no_invocation_stops(status: int) -> None:
    with pytest.raises(RemoteProtocolError, match=f"answered {status} to GET invocation/next"):
        client(fakes.reply(status, b"\xff" * 1000))[0].next()
