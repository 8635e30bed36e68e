"""Signals, shutdown hooks, SnapStart hooks, own marshallers, the invocation id: end to end."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess
from tests.support.reply import Ending, reply
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

HOOKS = """
    import surefoot, snapshot_restore_py as aws
    for name in ("one", "two"):
        surefoot.before_snapshot(print, "before", name)
        surefoot.after_restore(print, "after", name)
    aws.register_before_snapshot(print, "before", "aws")
    aws.register_after_restore(print, "after", "aws")
    def handler(event, context):
        return "well"
    """
SNAP_START = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_handler_of_the_functions_runs_while_idle(
    start: Start, number: signal.Signals
) -> None:
    function = start(
        f"""
        import signal, sys
        def ended(number, frame):
            print("signalled", number)
            sys.exit(7)
        signal.signal({int(number)}, ended)
        def handler(event, context):
            return "well"
        """
    )
    function.call(Invocation())
    function.api.wait_for(2, Route.NEXT)
    function.process.signal(number)
    outcome = function.process.finish()
    assert (outcome.stdout, outcome.code) == (b"signalled %d\n" % number, 7)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_handler_of_the_functions_runs_while_busy(
    start: Start, number: signal.Signals
) -> None:
    function = start(
        f"""
        import os, signal
        signalled = []
        signal.signal({int(number)}, lambda number, frame: signalled.append(number))
        def handler(event, context):
            os.kill(os.getpid(), {int(number)})
            return signalled
        """
    )
    assert json.loads(function.call(Invocation()).body) == [number]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_shutdown_hooks_run_at_a_signal_while_idle(
    start: Start, number: signal.Signals, code: int
) -> None:
    function = start(
        """
        import surefoot
        @surefoot.on_shutdown
        def close():
            print("closed")
        def handler(event, context):
            return "well"
        """
    )
    function.call(Invocation())
    function.api.wait_for(2, Route.NEXT)
    function.process.signal(number)
    outcome = function.process.finish()
    assert (outcome.stdout, outcome.code) == (b"closed\n", code)


def test_an_invocation_that_is_under_way_is_answered_before_the_hooks_run(start: Start) -> None:
    function = start(
        """
        import os, signal, surefoot
        surefoot.on_shutdown(print, "closed")
        def handler(event, context):
            os.kill(os.getpid(), signal.SIGTERM)
            print("still working")
            return "well"
        """
    )
    assert function.call(Invocation()).body == b'"well"'
    outcome = function.process.finish()
    assert (outcome.stdout, outcome.code) == (b"still working\nclosed\n", 0)


def test_shutdown_hooks_run_when_the_sandbox_vanishes(start: Start) -> None:
    function = start(
        """
        import surefoot
        surefoot.on_shutdown(print, "closed")
        def handler(event, context):
            return "well"
        """
    )
    function.call(Invocation())
    outcome = function.end()
    assert (outcome.stdout, outcome.code) == (b"closed\n", 69)


@pytest.mark.parametrize("client", Client)
def test_snapshot_hooks_run_around_the_restore(tmp_path: Path, client: Client) -> None:
    source = HOOKS if client is Client.SUREFOOT else HOOKS.replace("surefoot.", "aws.register_")
    source = source.replace("surefoot, ", "" if client is Client.AWSLAMBDARIC else "surefoot, ")
    _write(tmp_path, source)
    script = [Invocation()]
    with (
        RuntimeApi(script, then=Then.PARK) as api,
        ClientProcess(client, "app.handler", tmp_path, api.address, SNAP_START) as process,
    ):
        api.wait_for(1, Route.RESPONSE)
        routes = [each.route for each in api.requests[:3]]
        process.kill()
        outcome = process.finish()
    assert routes == [Route.RESTORE_NEXT, Route.NEXT, Route.RESPONSE]
    assert outcome.stdout.decode().split("\n")[:6] == [
        "before aws",
        "before two",
        "before one",
        "after one",
        "after two",
        "after aws",
    ]


def test_random_numbers_are_seeded_again_after_a_restore(tmp_path: Path) -> None:
    """Two environments that are restored from one snapshot draw the same numbers otherwise."""
    source = """
        import random, sys, surefoot
        random.seed(1)  # as the snapshot has it: one state for all that are restored from it
        if SEED:
            surefoot.after_restore(random.seed)
        def handler(event, context):
            return random.random()
        """
    found = []
    for seed in (False, True):
        _write(tmp_path, source.replace("SEED", str(seed)))
        for _ in range(2):
            with (
                RuntimeApi([Invocation()], then=Then.PARK) as api,
                ClientProcess(
                    Client.SUREFOOT, "app.handler", tmp_path, api.address, SNAP_START
                ) as process,
            ):
                found.append(api.wait_for(1, Route.RESPONSE)[0].body)
                process.kill()
    assert found[0] == found[1]
    assert len(set(found[1:])) == 3


def _write(task: Path, source: str) -> None:
    import textwrap

    (task / "app.py").write_text(textwrap.dedent(source), encoding="utf-8")


@pytest.mark.parametrize(
    ("when", "route", "error_type", "code"),
    [
        ("before_snapshot", Route.INIT_ERROR, b"Runtime.BeforeSnapshotError", 64),
        ("after_restore", Route.RESTORE_ERROR, b"Runtime.AfterRestoreError", 65),
    ],
)
def test_a_failing_snapshot_hook_is_reported_and_ends_the_process(
    start: Start, when: str, route: Route, error_type: bytes, code: int
) -> None:
    function = start(
        f"""
        import surefoot
        @surefoot.{when}
        def hook():
            raise KeyError("hook")
        def handler(event, context):
            return "well"
        """,
        environ=SNAP_START,
    )
    (report,) = function.api.wait_for(1, route)
    assert report.header("Lambda-Runtime-Function-Error-Type") == error_type
    assert json.loads(report.body)["errorType"] == "KeyError"
    assert function.process.finish().code == code


def test_a_function_may_bring_its_own_marshaller(start: Start) -> None:
    function = start(
        """
        import surefoot
        class Upper(surefoot.Marshaller):
            def dump(self, result):
                return result.upper().encode(), "text/plain"
        surefoot.use_marshaller(Upper())
        def handler(event, context):
            if event == "fail":
                raise KeyError("k")
            return event
        """
    )
    answer = function.call(Invocation(b'"shout"'))
    assert (answer.body, answer.header("Content-Type")) == (b"SHOUT", b"text/plain")
    assert json.loads(function.call(Invocation(b'"fail"')).body)["errorType"] == "KeyError"


def test_the_invocation_id_is_echoed_when_it_came_and_only_then(start: Start) -> None:
    function = start(
        """
        def handler(event, context):
            if event == "stream":
                return (piece for piece in "ab")
            if event == "fail":
                raise KeyError("k")
        """
    )
    for event in (b'"stream"', b'"fail"', b"1"):
        with_id = Invocation(event, headers={"Lambda-Runtime-Invocation-Id": "id-1"})
        assert function.call(with_id).header("Lambda-Runtime-Invocation-Id") == b"id-1"
        assert function.call(Invocation(event)).header("Lambda-Runtime-Invocation-Id") is None


def test_the_restore_answer_may_take_its_time_and_close_the_connection(tmp_path: Path) -> None:
    _write(tmp_path, "def handler(event, context): return 1")
    restore = reply(200).ended(Ending.CLOSE)
    with (
        RuntimeApi([Invocation()], restore=restore) as api,
        ClientProcess(Client.SUREFOOT, "app.handler", tmp_path, api.address, SNAP_START) as _,
    ):
        assert api.wait_for(1, Route.RESPONSE)[0].body == b"1"
