"""The loop, with a list of invocations as its source and a list as what was answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from surefoot._payload.marshaller import Marshaller, RawMarshaller
from surefoot._runtime import signals
from surefoot._runtime.deadline import DeadlineGuard
from surefoot._runtime.logs import Log
from surefoot._runtime.loop import Loop
from surefoot._runtime_api.client import Client
from surefoot._runtime_api.error_report import Report
from surefoot._runtime_api.invocation import Invocation
from surefoot._runtime_api.streaming import Stream
from surefoot.errors import SandboxGone, Terminated
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


class Watch(DeadlineGuard):
    """A guard that records what it is asked for, and the log's flushes with it."""

    def __init__(self) -> None:
        super().__init__(0, raises=False, log_to_operator=pytest.fail, flush=lambda: None)
        self.events: list[object] = []

    def arm(self, request_id: str, deadline_ms: int) -> None:
        self.events.append(("arm", request_id, deadline_ms))

    def disarm(self) -> None:
        self.events.append("disarm")
        self.in_user_code = False


class Flushes(Log):
    """A log whose flushes are events of the guard's."""

    def __init__(self, events: list[object]) -> None:
        super().__init__(fakes.config())
        self.events = events

    def flush(self) -> None:
        self.events.append("flush")


class Scene:
    """A loop whose parts record."""

    def __init__(
        self, handler: Callable[[Any, Any], Any], *invocations: Invocation, **methods: Any
    ) -> None:
        self.source = Source(*invocations)
        for name, method in methods.items():
            setattr(self.source, name, method)
        self.guard = Watch()
        log = Flushes(self.guard.events)
        marshaller = Marshaller()
        self.loop = Loop(
            self.source, handler, marshaller, log.config, log, lambda _: None, self.guard
        )


def test_a_stop_while_nothing_is_under_way_ends_at_once() -> None:
    def stopped() -> Invocation:
        scene.loop.stop()
        raise AssertionError

    scene = Scene(max, next=stopped)
    with pytest.raises(Terminated, match=r"^terminated\.$"):
        scene.loop.run()


def test_a_stop_during_an_invocation_ends_after_its_answer() -> None:
    def handler(event: object, context: object) -> object:
        scene.loop.stop()
        return event

    scene = Scene(handler, fakes.invocation(b"1"), fakes.invocation(b"2"))
    with pytest.raises(Terminated, match="after the invocation that was under way"):
        scene.loop.run()
    assert scene.source.answers == [(b"1", "application/json")]
    assert len(scene.source.invocations) == 1


def test_a_stop_before_the_start_asks_for_nothing() -> None:
    scene = Scene(max, fakes.invocation(b"1"))
    scene.loop.stop()
    with pytest.raises(Terminated):
        scene.loop.run()
    assert len(scene.source.invocations) == 1


def test_a_child_that_returns_from_the_handler_ends_without_an_answer() -> None:
    def handler(event: object, context: object) -> object:
        scene.loop.owner = -1
        return event

    scene = Scene(handler, fakes.invocation(b"1"))
    with pytest.raises(SystemExit) as caught:
        scene.loop.run()
    assert caught.value.code == 0
    assert (scene.source.answers, scene.source.reports) == ([], [])


def test_a_child_that_fails_keeps_its_exception_to_itself() -> None:
    def handler(event: object, context: object) -> None:
        scene.loop.owner = -1
        raise KeyError("the child's")

    scene = Scene(handler, fakes.invocation(b"1"))
    with pytest.raises(KeyError, match="the child's"):
        scene.loop.run()
    assert (scene.source.answers, scene.source.reports) == ([], [])


@pytest.mark.parametrize(
    ("error", "signalled", "goes_on"),
    [
        (SystemExit(3), True, False),
        (SystemExit(3), False, True),
        (KeyboardInterrupt(), True, True),
    ],
)
def test_an_exit_that_a_signal_handler_asked_for_ends_the_loop_after_the_report(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, signalled: bool, goes_on: bool
) -> None:
    def handler(event: object, context: object) -> None:
        raise error

    monkeypatch.setattr(signals, "came_from_signal_handler", lambda _: signalled)
    scene = Scene(handler, fakes.invocation(b"1"))
    with pytest.raises(SandboxGone if goes_on else SystemExit):
        scene.loop.run()
    assert [report.kind for report in scene.source.reports] == [type(error).__name__]


def test_the_guard_watches_over_the_handler_and_nothing_else() -> None:
    seen: list[object] = []

    def handler(event: object, context: object) -> None:
        seen.append((scene.guard.in_user_code, scene.guard.events[:]))

    class Dump(Marshaller):
        def dump(self, result: object) -> tuple[bytes, str]:
            seen.append(scene.guard.in_user_code)
            return super().dump(result)

    timed = fakes.invocation(headers={"lambda-runtime-deadline-ms": "4102444800000"})
    scene = Scene(handler, timed)
    scene.loop.marshaller = Dump()
    scene.loop.serve(scene.source.next())
    armed = ("arm", fakes.REQUEST_ID, 4102444800000)
    assert seen == [(True, [armed]), False]
    assert scene.guard.events == [armed, "disarm", "flush"]


def test_an_event_is_not_kept_while_the_handler_works() -> None:
    event = fakes.invocation(b"1")
    scene = Scene(lambda *_: len(event.body), event)
    scene.loop.serve(event)
    assert scene.source.answers == [(b"0", "application/json")]


@pytest.mark.parametrize("broken", [False, True])
def test_a_stream_is_watched_until_it_has_been_sent(broken: bool) -> None:
    sent: list[bytes] = []

    def stream(invocation: Invocation, answer: Stream, failed: Callable[..., Report]) -> None:
        scene.guard.events.append("sending")
        sent.extend(answer)
        scene.guard.events.append("sent")
        assert failed(KeyError("k")).kind == "KeyError"
        if broken:
            raise SandboxGone("no more")

    def handler(event: object, context: object) -> Iterator[str]:
        yield "one"
        yield "two"

    scene = Scene(handler, stream=stream)
    armed = fakes.invocation()
    if broken:
        with pytest.raises(SandboxGone):
            scene.loop.serve(armed)
    else:
        scene.loop.serve(armed)
    assert sent == [b"one", b"two"]
    assert scene.guard.events[1:] == ["flush", "sending", "sent", "disarm", "flush"]
    assert (scene.source.answers, scene.source.reports) == ([], [])


def test_a_stream_that_fails_before_its_first_byte_is_an_ordinary_failure() -> None:
    def handler(event: object, context: object) -> Iterator[str]:
        yield from ()
        raise KeyError("k")

    scene = Scene(handler, stream=pytest.fail)
    scene.loop.serve(fakes.invocation())
    assert [report.kind for report in scene.source.reports] == ["KeyError"]
    assert scene.guard.events[1:] == ["disarm", "flush"]
