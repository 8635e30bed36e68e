"""Handlers in unit tests meet what they would meet on Lambda."""

from __future__ import annotations

import asyncio
import datetime
import doctest
import inspect
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import surefoot._payload.marshaller
import surefoot.testing
from surefoot import Fault, HttpPrelude, LambdaContext, Marshaller
from surefoot._runtime.handlers import coroutine
from surefoot.testing import Streamed, fake_context, invoke
from tests.support.process import RUNTIME


@pytest.fixture
def _loop_closed() -> Iterator[None]:
    yield
    coroutine.event_loop().close()
    asyncio.set_event_loop(None)


def echo(event: Any, context: Any) -> Any:
    return event


def test_the_documented_example_is_right() -> None:
    outcome = doctest.testmod(surefoot.testing)
    assert (outcome.failed, outcome.attempted) == (0, 3)


def test_event_and_result_travel_as_json() -> None:
    sent = {"a": (1, 2), 3: "ä", "d": Decimal("1.50")}
    assert invoke(echo, sent) == {"a": [1, 2], "3": "ä", "d": 1.5}
    assert invoke(echo) is None
    assert invoke(echo, b' {"from": "a file"}\n') == {"from": "a file"}
    assert invoke(lambda event, _: event["k"].append(2) or event, sent := {"k": [1]}) == {
        "k": [1, 2]
    }
    assert sent == {"k": [1]}


def test_a_result_that_fails_on_lambda_fails_here() -> None:
    with pytest.raises(Fault, match="Object of type datetime is not JSON") as caught:
        invoke(lambda _, __: {"now": datetime.datetime(2026, 1, 2)})
    assert caught.value.kind == "Runtime.MarshalError"


def test_a_result_over_lambdas_limit_fails() -> None:
    fits = "x" * (surefoot.testing.MAX_RESPONSE - 2)
    assert invoke(lambda _, __: fits) == fits
    with pytest.raises(Fault, match=r"is 6,291,557 bytes long .* put it into S3") as caught:
        invoke(lambda _, __: fits + "x")
    assert caught.value.kind == "Function.ResponseSizeTooLarge"


def test_bytes_are_returned_as_they_are() -> None:
    assert invoke(lambda _, __: b"\0\xff") == b"\0\xff"


def test_an_event_that_lambda_could_not_deliver_is_refused() -> None:
    with pytest.raises(TypeError, match=r"no JSON form: .* datetime .*json.loads\(\) would return"):
        invoke(echo, {"time": datetime.datetime(2026, 1, 2)})
    with pytest.raises(Fault, match="Unable to unmarshal input: Expecting value"):
        invoke(echo, b"nothing")


def test_the_handlers_own_exception_arrives() -> None:
    def handler(event: Any, context: Any) -> Any:
        return event["missing"]

    with pytest.raises(KeyError, match="missing"):
        invoke(handler, {})


def test_a_handler_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "named_app.py").write_text("def handler(event, context): return event + 1")
    monkeypatch.syspath_prepend(tmp_path)
    assert invoke("named_app.handler", 1) == 2
    with pytest.raises(Fault, match="Handler 'nope' missing on module 'named_app'"):
        invoke("named_app.nope")
    with pytest.raises(Fault, match="Unable to import module 'no_such_app'"):
        invoke("no_such_app.handler")


@pytest.mark.usefixtures("_loop_closed")
def test_coroutine_handlers_share_one_loop_from_call_to_call() -> None:
    loops = []

    async def handler(event: Any, context: Any) -> Any:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return {"waited": event}

    assert [invoke(handler, n) for n in (1, 2)] == [{"waited": 1}, {"waited": 2}]
    assert loops[0] is loops[1]


@pytest.mark.usefixtures("_loop_closed")
def test_a_coroutine_handler_in_a_running_loop_is_refused_with_the_way_out() -> None:
    async def handler(event: Any, context: Any) -> Any:
        return event

    async def test() -> Any:
        with pytest.raises(RuntimeError, match=r"await asyncio.to_thread\(invoke"):
            invoke(handler, 1)
        assert invoke(echo, 2) == 2
        return await asyncio.to_thread(invoke, handler, 3)

    assert asyncio.run(test()) == 3


def test_a_stream_is_collected() -> None:
    def handler(event: Any, context: Any) -> Iterator[str | bytes]:
        yield ""
        yield "grü"
        yield b"\xc3\x9fe"

    answer = invoke(handler)
    assert isinstance(answer, Streamed)
    assert (answer.prelude, answer.pieces) == (None, ["grü".encode(), b"\xc3\x9fe"])
    assert (answer.body, answer.text) == ("grüße".encode(), "grüße")


@pytest.mark.usefixtures("_loop_closed")
def test_an_asynchronous_stream_with_a_prelude_is_collected() -> None:
    async def handler(event: Any, context: Any) -> AsyncIterator[Any]:
        yield HttpPrelude(418, {"Content-Type": "text/plain", "X-Many": ["1", "2"]}, ["a=b"])
        yield "short and stout"

    answer = invoke(handler)
    assert answer.prelude.status == 418
    assert answer.prelude.headers == {"Content-Type": "text/plain", "X-Many": ["1", "2"]}
    assert answer.prelude.cookies == ["a=b"]
    assert answer.text == "short and stout"


def test_a_stream_that_fails_half_way_fails_and_is_closed() -> None:
    closed = []

    def handler(event: Any, context: Any) -> Iterator[Any]:
        try:
            yield "some"
            yield {"no": "text"}
        finally:
            closed.append(True)

    with pytest.raises(Fault, match="a streaming handler yielded dict"):
        invoke(handler)
    assert closed == [True]


def test_the_context_counts_down_by_the_clock_that_is_given() -> None:
    now = [100.0]
    context = fake_context(timeout=2.5, clock=lambda: now[0])
    assert context.get_remaining_time_in_millis() == 2500
    now[0] += 2
    assert context.get_remaining_time_in_millis() == 500
    now[0] += 2
    assert context.get_remaining_time_in_millis() == 0


def test_the_context_counts_down_by_the_time_of_day_without_one() -> None:
    assert 0 < fake_context(timeout=900).get_remaining_time_in_millis() <= 900_000
    assert fake_context(timeout=-1).get_remaining_time_in_millis() == 0


def test_a_context_is_plausible_where_nothing_is_said() -> None:
    context = fake_context(function_name="mine")
    assert isinstance(context, LambdaContext)
    assert context.function_name == "mine"
    assert context.function_version == "$LATEST"
    assert context.memory_limit_in_mb == "128"
    assert context.log_group_name == "/aws/lambda/mine"
    assert context.log_stream_name is not None
    assert context.invoked_function_arn.endswith(":123456789012:function:mine")
    assert (context.client_context, context.tenant_id) == (None, None)
    assert context.identity.cognito_identity_id is None
    assert context.aws_request_id != fake_context().aws_request_id


def test_every_field_reaches_the_context(capsys: pytest.CaptureFixture[str]) -> None:
    context = fake_context(
        request_id="r/1",
        function_version="7",
        memory_limit_in_mb=512,
        log_group_name="group",
        log_stream_name="stream",
        invoked_function_arn="arn",
        tenant_id="tenant",
        client_context={"custom": {"k": "ä"}, "client": {"app_title": "t"}, "unknown": 1},
        cognito_identity_id="who",
        cognito_identity_pool_id="pool",
    )
    assert (context.aws_request_id, context.function_version) == ("r/1", "7")
    assert (context.memory_limit_in_mb, context.invoked_function_arn) == ("512", "arn")
    assert (context.log_group_name, context.log_stream_name) == ("group", "stream")
    assert context.tenant_id == "tenant"
    assert context.client_context is not None
    assert context.client_context.custom == {"k": "ä"}
    assert context.identity.cognito_identity_id == "who"
    assert context.identity.cognito_identity_pool_id == "pool"
    context.log("as it is\n")
    assert capsys.readouterr().out == "as it is\n"


def test_an_unknown_field_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(TypeError, match=r"no field aws_request_id; its fields are client_context"):
        invoke(echo, 1, aws_request_id="r")  # type: ignore[call-arg]


def test_the_typed_fields_are_those_that_are_accepted() -> None:
    source = inspect.getsource(surefoot.testing)
    typed = source.partition("class Fields")[2].partition("\n\n\n")[0]
    names = {line.split(":")[0].strip() for line in typed.splitlines() if line.startswith(" " * 8)}
    assert {name for name in names if name.isidentifier()} == surefoot.testing._FIELDS


def test_a_functions_own_marshaller_is_used_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    class Dates(Marshaller):
        def load(self, body: bytes | bytearray, content_type: str | None) -> Any:
            return datetime.date.fromisoformat(super().load(body, content_type))

        def dump(self, result: object) -> tuple[bytes, str]:
            assert isinstance(result, datetime.date)
            return super().dump(result.isoformat())

    monkeypatch.setattr(surefoot._payload.marshaller, "_chosen", [])
    surefoot.use_marshaller(Dates())
    tomorrow = lambda day, _: day + datetime.timedelta(1)  # noqa: E731
    assert invoke(tomorrow, "2026-01-31") == "2026-02-01"


HOOKED = """
import surefoot
from surefoot.testing import invoke
seen = []

@surefoot.around_invocation
def hook(event, context):
    seen.append(event)
    try:
        seen.append((yield))
    except ValueError as error:
        seen.append(repr(error))

def handler(event, context):
    if event == 2:
        raise ValueError("two")
    return {"got": event}

def stream(event, context):
    yield "one"

assert invoke(handler, 1) == {"got": 1}
try:
    invoke(handler, 2)
except ValueError:
    pass
assert invoke(stream, 3).text == "one"
print(seen)
"""


def test_hooks_run_around_a_handler_as_in_the_runtime() -> None:
    # In a process of its own: a hook is registered for good.
    command = [sys.executable, "-c", HOOKED]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env={"PYTHONPATH": str(RUNTIME)}
    )
    assert done.stdout == "[1, {'got': 1}, 2, \"ValueError('two')\", 3, None]\n"
