"""The loop, with a list of invocations as its source and a list as what was answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from surefoot._payload.marshaller import Marshaller, RawMarshaller
from surefoot._runtime.deadline import DeadlineGuard
from surefoot._runtime.loop import Loop
from surefoot._runtime_api.client import Client
from surefoot._runtime_api.error_report import Report
from surefoot._runtime_api.invocation import Invocation
from surefoot.errors import SandboxGone
from tests.unit import fakes


class Source(Client):
    """Hands out invocations until none are left, and keeps the answers."""

    def __init__(self, *invocations: Invocation) -> None:
        super().__init__(fakes.ListConnection([]), Marshaller(), pytest.fail)
        self.invocations = list(invocations)
        self.answers: list[tuple[bytes, str]] = []
        self.reports: list[Report] = []

    def next(self) -> Invocation:
        if not self.invocations:
            raise SandboxGone("no more")
        return self.invocations.pop(0)

    def respond(self, _: Invocation, body: bytes, content_type: str) -> None:
        self.answers.append((body, content_type))

    def fail(self, _: Invocation, report: Report) -> None:
        self.reports.append(report)


def run(
    handler: Callable[[Any, Any], Any],
    *invocations: Invocation,
    marshaller: Marshaller | None = None,
    trace: Callable[[str | None], None] = lambda _: None,
) -> Source:
    """Serve the invocations until the source is dry."""
    source = Source(*invocations)
    log = fakes.log()
    guard = DeadlineGuard(0, raises=False, log_to_operator=pytest.fail, flush=log.flush)
    marshaller = marshaller or Marshaller()
    loop = Loop(source, handler, marshaller, log.config, log, trace, guard)
    with pytest.raises(SandboxGone, match="no more"):
        loop.run()
    return source


def test_each_event_is_handled_and_answered_in_turn() -> None:
    source = run(
        lambda event, context: [event, context.aws_request_id],
        fakes.invocation(b"1"),
        fakes.invocation(b"2", {"lambda-runtime-aws-request-id": "two"}),
    )
    assert source.answers == [
        (f'[1, "{fakes.REQUEST_ID}"]'.encode(), "application/json"),
        (b'[2, "two"]', "application/json"),
    ]


def exit_now(event: object, context: object) -> None:
    raise SystemExit(3)


def interrupt(event: object, context: object) -> None:
    raise KeyboardInterrupt


def fail(event: object, context: object) -> None:
    raise ValueError(event)


def not_json(event: object, context: object) -> object:
    return object()


@pytest.mark.parametrize(
    ("handler", "body", "kind"),
    [
        (fail, b"{}", "ValueError"),
        (exit_now, b"{}", "SystemExit"),
        (interrupt, b"{}", "KeyboardInterrupt"),
        (not_json, b"{}", "Runtime.MarshalError"),
        (len, b"{}", "TypeError"),
        (print, b"{", "Runtime.UnmarshalError"),
    ],
)
def test_whatever_a_handler_does_is_one_report_and_the_loop_goes_on(
    handler: Callable[[Any, Any], Any], body: bytes, kind: str
) -> None:
    source = run(handler, fakes.invocation(body), fakes.invocation(body))
    assert [report.kind for report in source.reports] == [kind, kind]
    assert source.answers == []


def test_a_context_that_cannot_be_built_is_one_failed_invocation() -> None:
    odd = fakes.invocation(headers={"lambda-runtime-client-context": "{"})
    source = run(lambda event, _: event, odd, fakes.invocation(b"1"))
    assert [each.kind for each in source.reports] == ["Runtime.LambdaContextUnmarshalError"]
    assert source.answers == [(b"1", "application/json")]


def test_an_error_is_logged_as_one_record(capsys: pytest.CaptureFixture[str]) -> None:
    run(fail, fakes.invocation(b'"why"'))
    out = capsys.readouterr().out
    assert out.startswith("[ERROR] ValueError: why\rTraceback (most recent call last):\r")
    assert out.count("\n") == 1


def test_each_invocation_sets_its_own_trace_id() -> None:
    seen: list[str | None] = []
    traced = fakes.invocation(headers={"lambda-runtime-trace-id": "Root=1"})
    run(lambda *_: seen.append("called"), traced, fakes.invocation(), trace=seen.append)
    assert seen == ["Root=1", "called", None, "called"]


def test_the_log_knows_the_invocation_while_it_is_handled() -> None:
    source = Source(fakes.invocation(headers={"lambda-runtime-aws-tenant-id": "tenant"}))
    log = fakes.log()
    seen: list[str | None] = []

    def handler(event: object, context: object) -> None:
        seen.extend([log.request_id, log.tenant_id])

    guard = DeadlineGuard(0, raises=False, log_to_operator=pytest.fail, flush=log.flush)
    Loop(source, handler, Marshaller(), log.config, log, seen.append, guard).serve(source.next())
    assert seen == [None, fakes.REQUEST_ID, "tenant"]


def test_what_follows_the_first_answer_happens_once() -> None:
    source = Source(fakes.invocation(b"1"), fakes.invocation(b"2"), fakes.invocation(b"3"))
    log = fakes.log()
    guard = DeadlineGuard(0, raises=False, log_to_operator=pytest.fail, flush=log.flush)
    seen: list[int] = []
    loop = Loop(source, max, Marshaller(), log.config, log, lambda _: None, guard)
    loop.function = lambda event, _: event
    with pytest.raises(SandboxGone):
        loop.run(after_first=lambda: seen.append(len(source.answers)))
    assert (seen, len(source.answers)) == ([1], 3)


def test_raw_bodies_pass_through() -> None:
    source = run(lambda event, _: event, fakes.invocation(b"{raw"), marshaller=RawMarshaller())
    assert source.answers == [(b"{raw", "application/unknown")]


def test_an_answer_that_cannot_be_delivered_is_not_reported_as_the_handlers_error() -> None:
    class Broken(Source):
        def respond(self, *_: object) -> None:
            raise SandboxGone("no more")

    source = Broken(fakes.invocation())
    log = fakes.log()
    guard = DeadlineGuard(0, raises=False, log_to_operator=pytest.fail, flush=log.flush)
    marshaller = Marshaller()
    loop = Loop(source, lambda *_: 1, marshaller, log.config, log, lambda _: None, guard)
    with pytest.raises(SandboxGone):
        loop.run()
    assert source.reports == []
