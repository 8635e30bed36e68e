"""Nothing that a function prints is lost, however the invocation or the process ends."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi

SOURCE = """
    import os, signal, sys, time

    def leave_unfinished():
        print("one out", end="")
        sys.stderr.write("one err")
        sys.stdout.buffer.write(b" two out")
        sys.stderr.buffer.write(b" two err")

    def handler(event, context):
        leave_unfinished()
        if event == "hang":
            time.sleep(30)
        if event == "_exit":
            os._exit(7)
        if event == "raise":
            raise ValueError
        if event == "exit":
            sys.exit(3)
        if event == "fork":
            if os.fork() == 0:
                os._exit(0)
            os.wait()
        if isinstance(event, int):
            os.kill(os.getpid(), event)
            time.sleep(30)
        return "well"

    def stream(event, context):
        yield "begun"
        yield handler(event, context)

    async def coroutine(event, context):
        return handler(event, context)

    async def async_stream(event, context):
        yield "begun"
        yield handler(event, context)
    """
MODES: dict[str, Mapping[str, str]] = {
    "text": {},
    "JSON": {"AWS_LAMBDA_LOG_FORMAT": "JSON"},
    "telemetry": {"_LAMBDA_TELEMETRY_LOG_FD": "1"},
    "workers": {"AWS_LAMBDA_MAX_CONCURRENCY": "1"},
}
# SIGKILL: out of memory, or Lambda's end of a time-out. SIGSEGV: a crash in C.
ENDS = ("return", "hang", "_exit", "raise", "exit", "fork", 9, 11)


@pytest.mark.parametrize("handler", ["handler", "stream", "coroutine", "async_stream"])
@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_unfinished_lines_are_out_however_it_ends(
    start: Start, mode: Mapping[str, str], handler: str
) -> None:
    for end in ENDS:
        function = start(SOURCE, handler=f"app.{handler}", environ=mode)
        function.api.deliver(Invocation(json.dumps(end).encode()))
        # Nothing ends it here: what is not there by now would be lost with a process that hangs.
        written = function.process.wait_for_output(b"two err")
        function.process.kill()
        outcome = function.process.finish()
        assert written.count(b"one out two out") == 1, (end, written)
        assert outcome.stderr.count(b"one err two err") == 1, (end, outcome.stderr)


def test_the_order_with_child_processes_is_kept(start: Start) -> None:
    function = start(
        """
        import subprocess, sys
        def handler(event, context):
            for number in range(3):
                print("parent", number, end=" ")
                subprocess.run(["echo", "child", str(number)], check=True)
        """
    )
    function.call(Invocation())
    assert function.end().stdout.splitlines() == [b"parent %d child %d" % (n, n) for n in range(3)]


def test_what_a_stream_of_the_functions_own_keeps_back_is_out_before_the_answer(
    start: Start,
) -> None:
    function = start(
        """
        import io, sys
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)))
        def handler(event, context):
            print("printed", event, end=" ")
            if event == 2:
                raise ValueError
        def stream(event, context):
            yield "begun"
            print("streamed", end=" ")
        """
    )
    for event in (1, 2):
        function.call(Invocation(str(event).encode()))
        assert f"printed {event} ".encode() in function.process.wait_for_output(
            b"printed %d" % event
        )


def test_a_pipe_that_a_child_made_non_blocking_takes_everything(start: Start) -> None:
    # As Node.js does with the pipes that it inherits.
    function = start(
        """
        import os, sys, threading
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        os.dup2(writing, 1)
        seen = []
        def read():
            while chunk := os.read(reading, 4096):
                seen.append(len(chunk))
        def handler(event, context):
            reader = threading.Thread(target=read, daemon=True)
            reader.start()
            print("x" * 1_000_000, end="")
            sys.stdout.buffer.write(b"y" * 1_000_000)
            os.close(writing)
            os.dup2(2, 1)
            reader.join()
            return sum(seen)
        """
    )
    assert function.call(Invocation()).body == b"2000000"


def test_the_streams_are_still_ordinary_text_streams(start: Start) -> None:
    function = start(
        """
        import sys
        def handler(event, context):
            out, err = sys.stdout, sys.stderr
            out.reconfigure(line_buffering=True)
            return [
                out.name, out.mode, out.encoding, out.errors, out.fileno(), out.isatty(),
                out.buffer.raw.fileno(), out is sys.__stdout__, err.name, err.errors,
                out.writable(), out.buffer.write(b"four"), out.write("x"), out.closed,
            ]
        """
    )
    answer = json.loads(function.call(Invocation()).body)
    assert answer == [
        *["<stdout>", "w", "utf-8", "backslashreplace", 1, False],
        *[1, True, "<stderr>", "backslashreplace"],
        *[True, 4, 1, False],
    ]


PRINTING = """
    def write_calls():
        # proc(5), syscw: the write() calls of this process so far.
        with open("/proc/self/io", encoding="ascii") as file:
            return int(dict(line.split(": ") for line in file)["syscw"])
    def handler(event, context):
        before = write_calls()
        for number in range(1000):
            print("a line like many others", number)
        return write_calls() - before
    """


def test_a_thousand_prints_take_no_more_system_calls_than_with_awslambdaric(start: Start) -> None:
    calls = {}
    function = start(PRINTING)
    for client in Client:
        with (
            RuntimeApi([Invocation()]) as api,
            ClientProcess(client, "app.handler", function.task, api.address),
        ):
            (answer,) = api.wait_for(1, Route.RESPONSE)
            calls[client] = int(answer.body)
    assert 0 < calls[Client.SUREFOOT] <= calls[Client.AWSLAMBDARIC]
