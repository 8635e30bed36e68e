"""The calls of the Runtime API: what is sent, and what each status means."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator

import pytest

from surefoot import __version__
from surefoot._payload.marshaller import Marshaller
from surefoot._runtime_api import streamed_answer
from surefoot._runtime_api.client import Client
from surefoot._runtime_api.error_report import MAX_XRAY, Report
from surefoot._runtime_api.frames import Frame
from surefoot._runtime_api.http1 import Reply
from surefoot._runtime_api.streaming import Stream
from surefoot._runtime_api.transport import Upload
from surefoot.errors import (
    AFTER_RESTORE_ERROR,
    BEFORE_SNAPSHOT_ERROR,
    ContainerError,
    DeadlineExceeded,
    RemoteProtocolError,
)
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


@pytest.mark.parametrize("status", [200, 202, 204])
def test_an_answer_is_accepted_with_any_status_of_success(status: int) -> None:
    serving, sent = client(*[fakes.reply(status)] * 3)
    serving.respond(fakes.invocation(), b"out", "application/json")
    serving.fail(fakes.invocation(), REPORT)
    serving.init_error(REPORT)
    assert [lines[0].split()[1].rpartition(b"/")[2] for lines, _ in sent] == [
        b"response",
        b"error",
        b"error",
    ]


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (400, "refused as malformed"),
        (403, "expects no answer now"),
        (404, "status 404"),
        (410, "timed out already"),
        (413, "6,291,556 bytes"),
        (499, "status 499"),
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


@pytest.mark.parametrize(
    ("status", "repeated", "named"),
    [
        *[(399, True, False), (400, True, True), (401, True, False), (402, True, False)],
        *[(403, True, True), (404, True, False), (403, False, False), (400, False, False)],
    ],
)
def test_only_a_refusal_that_a_second_answer_explains_says_that_it_was_sent_twice(
    status: int, repeated: bool, named: bool
) -> None:
    said: list[str] = []
    refusal = fakes.reply(status)
    refusal.repeated = repeated
    client(refusal, said=said)[0].respond(fakes.invocation(), b"", "text/plain")
    assert [("sent twice" in line) for line in said] == [named]


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


@pytest.mark.parametrize("status", [199, 201, 202, 204, 403, 499])
def test_a_next_that_is_no_invocation_stops(status: int) -> None:
    with pytest.raises(RemoteProtocolError, match=f"answered {status} to GET invocation/next"):
        client(fakes.reply(status, b"\xff" * 1000))[0].next()


def test_a_cause_that_cannot_be_made_keeps_the_failure_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: object, __: object) -> bytes:
        raise MemoryError("the cause")

    monkeypatch.setattr(Report, "xray_json", broken)
    serving, sent = client(fakes.reply())
    serving.fail(fakes.invocation(), REPORT)
    ((lines, body),) = sent
    assert not any(b"XRay" in line for line in lines)
    assert b"ValueError" in body


def test_the_restore_of_a_snapshot_is_waited_for_on_a_connection_that_is_then_given_up() -> None:
    serving, sent = client(fakes.reply(200))
    retired: list[str] = []
    serving.connection.retire = lambda: retired.append("retired")  # type: ignore[method-assign]
    serving.restore_next()
    ((lines, body),) = sent
    assert lines[0] == b"GET /2018-06-01/runtime/restore/next HTTP/1.1"
    assert (lines[1], body, retired) == (b"Host: 127.0.0.1:9001", b"", ["retired"])


@pytest.mark.parametrize(("status", "error"), [(202, RemoteProtocolError), (500, ContainerError)])
def test_a_restore_that_is_no_restore_stops(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"answered {status} to GET restore/next"):
        client(fakes.reply(status))[0].restore_next()


def test_the_hooks_of_a_snapshot_report_under_names_of_their_own() -> None:
    serving, sent = client(fakes.reply(), fakes.reply())
    serving.before_snapshot_error(REPORT)
    serving.restore_error(REPORT)
    assert [lines[0].split()[1] for lines, _ in sent] == [
        b"/2018-06-01/runtime/init/error",
        b"/2018-06-01/runtime/restore/error",
    ]
    assert [lines[4].partition(b": ")[2].decode() for lines, _ in sent] == [
        BEFORE_SNAPSHOT_ERROR,
        AFTER_RESTORE_ERROR,
    ]


def test_the_words_of_a_broken_peer_are_shown_up_to_200_bytes() -> None:
    with pytest.raises(ContainerError) as caught:
        client(fakes.reply(500, b"x" * 199 + b"yz"))[0].next()
    assert str(caught.value).endswith("xy'.")


class ListUpload(Upload):
    """Takes pieces until the peer answers or leaves, which is before piece ``ends``."""

    def __init__(
        self, reply: Reply | None, ends: int = 1000, error: Exception | None = None
    ) -> None:
        self.open = ends > 0
        self.pieces: list[bytes] = []
        self.reply = reply
        self.ends = ends
        self.error = error

    def send(self, data: bytes) -> None:
        if self.error is not None:
            raise self.error
        self.pieces.append(data)
        self.open = len(self.pieces) < self.ends

    def finish(self, data: bytes) -> Reply | None:
        if self.open:
            self.pieces.append(data)
        return self.reply


class Streaming:
    """One answer that a handler streams, and all that comes of it."""

    def __init__(self, upload: ListUpload) -> None:
        self.said: list[str] = []
        self.errors: list[BaseException] = []
        self.heads: list[bytes] = []
        self.ends: list[str] = []
        self.upload = upload
        connection = fakes.ListConnection([])
        connection.upload = self._begin  # type: ignore[method-assign]
        connection.retire = lambda: self.ends.append("retired")  # type: ignore[method-assign]
        self.client = Client(connection, Marshaller(), self.said.append)

    def _begin(self, head: bytes) -> Upload:
        self.heads.append(head)
        return self.upload

    def run(self, error: BaseException | None = None, closing: Exception | None = None) -> None:
        """Yield two pieces; raise ``error`` after the second, and ``closing`` at the close."""

        def failed(error: BaseException) -> Report:
            self.errors.append(error)
            return REPORT

        stream = Stream(self._values(error, closing), Marshaller())
        self.client.stream(fakes.invocation(), stream, failed)

    def _values(
        self, error: BaseException | None, closing: Exception | None
    ) -> Generator[str, None, None]:
        try:
            yield "one"
            yield "two"
            if error is not None:
                raise error
        finally:
            self.ends.append("closed")
            if closing is not None:
                raise closing


WHOLE = [b"3\r\none\r\n", b"3\r\ntwo\r\n", b"0\r\n\r\n"]


def test_a_stream_is_sent_piece_by_piece_and_its_connection_given_up() -> None:
    streaming = Streaming(ListUpload(fakes.reply()))
    streaming.run()
    assert streaming.upload.pieces == WHOLE
    assert streaming.heads[0].startswith(b"POST /2018-06-01/runtime/invocation/8476a536-")
    assert (streaming.said, streaming.errors) == ([], [])
    assert sorted(streaming.ends) == ["closed", "retired"]


def test_what_a_handler_raises_while_it_streams_is_reported_in_trailers() -> None:
    streaming = Streaming(ListUpload(fakes.reply()))
    error = ValueError("no é")
    streaming.run(error)
    assert streaming.upload.pieces[:2] == WHOLE[:2]
    assert streaming.upload.pieces[2].startswith(
        b"0\r\nLambda-Runtime-Function-Error-Type: Function.ValueError\r\n"
    )
    assert streaming.upload.pieces[2].endswith(b"\r\n\r\n")
    assert (streaming.said, streaming.errors) == ([], [error])


def test_a_peer_that_answers_before_the_end_of_a_stream_gets_no_more_of_it() -> None:
    streaming = Streaming(ListUpload(fakes.reply(413), ends=1))
    streaming.run()
    assert streaming.upload.pieces == WHOLE[:1]
    assert "the peer answered 413 before the end of the streamed" in streaming.said[0]
    assert "too large" in streaming.said[1]
    assert sorted(streaming.ends) == ["closed", "retired"]


@pytest.mark.parametrize("ends", [1, 1000])
def test_a_peer_that_leaves_a_stream_is_named_once(ends: int) -> None:
    streaming = Streaming(ListUpload(None, ends))
    streaming.run()
    (line,) = streaming.said
    assert line.startswith("the peer hung up on the streamed response to request")
    assert sorted(streaming.ends) == ["closed", "retired"]


def test_a_peer_that_does_not_read_a_stream_is_the_deadlines() -> None:
    error = DeadlineExceeded("soon")
    streaming = Streaming(ListUpload(None, error=error))
    streaming.run()
    assert streaming.errors == [error]
    (line,) = streaming.said
    assert line.startswith("the peer did not read in time the streamed response")
    assert sorted(streaming.ends) == ["closed", "retired"]


def test_a_container_error_after_a_stream_stops_when_all_is_closed() -> None:
    streaming = Streaming(ListUpload(fakes.reply(500)))
    with pytest.raises(ContainerError):
        streaming.run()
    assert sorted(streaming.ends) == ["closed", "retired"]


def test_a_generators_clean_up_that_fails_is_reported_and_the_loop_goes_on() -> None:
    error = OSError("clean-up")
    streaming = Streaming(ListUpload(fakes.reply(413), ends=1))
    streaming.run(closing=error)
    assert streaming.errors == [error]


@pytest.mark.parametrize("raised", [None, ValueError("the child's")])
def test_a_child_that_a_streaming_handler_forked_sends_nothing(
    raised: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    streaming = Streaming(ListUpload(fakes.reply()))

    def values() -> Iterator[str]:
        yield "one"
        monkeypatch.setattr(streamed_answer, "is_owner", lambda: False)
        if raised is not None:
            raise raised
        yield "two"

    with pytest.raises(SystemExit if raised is None else ValueError) as caught:
        streaming.client.stream(
            fakes.invocation(), Stream(values(), Marshaller()), lambda _: pytest.fail("reported")
        )
    assert streaming.upload.pieces == WHOLE[:1]
    assert raised is not None or getattr(caught.value, "code", None) == 0


def test_a_childs_clean_up_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    error = OSError("the child's")
    streaming = Streaming(ListUpload(fakes.reply(413), ends=1))
    monkeypatch.setattr(
        streaming.client.connection,
        "retire",
        lambda: monkeypatch.setattr(streamed_answer, "is_owner", lambda: False),
    )
    with pytest.raises(OSError, match="the child's"):
        streaming.run(closing=error)
    assert streaming.errors == []
