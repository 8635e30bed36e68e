"""The connection breaks: at every byte, between exchanges, for good."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.integration.faults.bench import check_end, check_survival, proves, run
from tests.support.gate import Gate
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess
from tests.support.reply import ACCEPTED, Ending, Reply, status_reply
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

BREAKS = [Ending.RESET, Ending.CLOSE]
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"


@proves("next-cut")
@pytest.mark.parametrize("ending", BREAKS)
@pytest.mark.parametrize("chunks", [None, [5]])
def test_a_next_that_is_cut_anywhere_is_asked_for_again(
    task: Path, ending: Ending, chunks: list[int] | None
) -> None:
    script = []
    for length in range(len(Invocation(b"[1, 2, 3]", "id-000", chunks=chunks).reply.data)):
        whole = Invocation(b"[1, 2, 3]", f"id-{length:03d}", chunks=chunks)
        # The Runtime API delivers an invocation again that has not been taken.
        script += [replace(whole, raw=whole.reply.cut(length, ending)), whole]
    seen = run(task, script)
    check_survival(seen, script, "next-cut")
    assert all(len(seen.answers(each.request_id)) == 1 for each in script)


@proves("answer-cut")
@pytest.mark.parametrize("ending", BREAKS)
@pytest.mark.parametrize("event", [b"[1]", b'"error"', b"200000"])
def test_an_answer_whose_reply_is_cut_anywhere_is_neither_lost_nor_doubled(
    task: Path, ending: Ending, event: bytes
) -> None:
    step = 1 if event == b"[1]" else 7
    script = [
        Invocation(event, answers=[ACCEPTED.cut(length, ending)])
        for length in range(0, len(ACCEPTED.data), step)
    ]
    seen = run(task, script)
    check_survival(seen, script, "answer-cut")
    assert len(seen.lines) == len(script)
    # Without a byte of a reply it may have got lost before.
    assert seen.lines[0].endswith("the first may have arrived).")
    assert all(line.endswith("the first had arrived).") for line in seen.lines[1:])


@proves("answer-broken")
@pytest.mark.parametrize("event", [b"5000000", b"100000"])
def test_an_answer_that_breaks_off_is_sent_again(task: Path, event: bytes) -> None:
    reset = Reply((), Ending.RESET)
    script = [
        Invocation(event, answers=[reset.early(after), ACCEPTED]) for after in (0, 1, 5000, 9999)
    ]
    seen = run(task, script)
    check_survival(seen, script, "answer-broken")
    assert all(len(seen.answers(each.request_id)) == 1 for each in script)


@proves("idle-close")
@pytest.mark.parametrize("ending", BREAKS)
@pytest.mark.parametrize("event", [b"[1]", b"5000000"])
def test_a_connection_that_closes_between_exchanges_is_reopened(
    task: Path, ending: Ending, event: bytes
) -> None:
    after_next = [Invocation(event) for _ in range(3)]
    after_next = [replace(each, raw=each.reply.ended(ending)) for each in after_next]
    after_answer = [Invocation(event, answers=[ACCEPTED.ended(ending)]) for _ in range(3)]
    script = [*after_next, *after_answer, Invocation(event)]
    seen = run(task, script)
    check_survival(seen, script, "idle-close")
    assert all(len(seen.answers(each.request_id)) == 1 for each in script)


@proves("idle-close-then-cut")
@pytest.mark.parametrize("ending", BREAKS)
@pytest.mark.parametrize("event", [b"[1]", b'"error"', b"200000", b"5000000"])
def test_a_stale_connection_is_no_attempt(task: Path, ending: Ending, event: bytes) -> None:
    reset = Reply((), Ending.RESET)
    # The answer finds the connection gone; then one that breaks while it is sent, or its reply
    # does; then one that works.
    broken = [reset.early(0), reset.early(1), reset.early(5000)]
    script = [Invocation(event, answers=[each, ACCEPTED]) for each in broken]
    script = [replace(each, raw=each.reply.ended(ending)) for each in script]
    # The same for next.
    after_answer = Invocation(event, answers=[ACCEPTED.ended(ending)])
    delivered = Invocation(event)
    cut = replace(delivered, raw=delivered.reply.cut(40, ending))
    script = [*script, after_answer, cut, delivered]
    seen = run(task, script)
    check_survival(seen, script, "idle-close-then-cut")


@proves("answer-cut")
@pytest.mark.parametrize("event", [b"[1]", b"200000"])
def test_a_stale_connection_does_not_hide_that_an_answer_arrived_twice(
    task: Path, event: bytes
) -> None:
    script = [Invocation(event, answers=[ACCEPTED.cut(9)])]
    script = [replace(each, raw=each.reply.ended(Ending.CLOSE)) for each in script]
    seen = run(task, script)
    check_survival(seen, script, "answer-cut")
    assert len(seen.lines) == 1


@proves("answer-cut-twice")
@pytest.mark.parametrize("ending", BREAKS)
def test_after_a_stale_connection_two_breaks_are_the_end(task: Path, ending: Ending) -> None:
    invocation = Invocation(b"[1]", answers=[ACCEPTED.cut(9, ending)] * 2)
    invocation = replace(invocation, raw=invocation.reply.ended(ending))
    seen = run(task, [invocation, Invocation()])
    check_end(seen, "answer-cut-twice")


# Events are Python here, and run while the invocation is under way.
MEDDLER = """
import os, socket
kept = []
def handler(event, context):
    exec(event)
    return "x" * 100_000
def ours():
    return [n for n in range(3, 64) if is_socket(n)]
def is_socket(n):
    try:
        return os.readlink(f"/proc/self/fd/{n}").startswith("socket:")
    except OSError:
        return False
def reopen(number, other):
    if other != number:
        os.dup2(other, number)
        os.close(other)
    return number
"""
CLOSED = [
    "os.closerange(3, 64)",
    "os.closerange(0, 64)",
    "[os.close(n) for n in ours()]",
    "os.closerange(3, 64); raise ValueError",
]
TAKEN = {
    "file": "(n,) = ours(); os.close(n); reopen(n, os.open('mine', os.O_RDWR | os.O_CREAT))",
    "socket": (
        "(n,) = ours(); os.close(n); pair = socket.socketpair(); kept.append(pair)\n"
        "assert n in (pair[0].fileno(), pair[1].fileno())"
    ),
    "connection": (
        "(n,) = ours(); os.close(n)\n"
        "there = socket.create_server(('127.0.0.1', 0)); kept.append(there)\n"
        "assert there.fileno() == n"
    ),
}


@pytest.fixture
def meddler(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(MEDDLER)
    return tmp_path


@proves("descriptor-closed")
@pytest.mark.parametrize("code", CLOSED)
def test_a_connection_that_the_function_closed_is_opened_again(meddler: Path, code: str) -> None:
    script = [Invocation(json.dumps(each).encode()) for each in (code, "", code, code, "")]
    seen = run(meddler, script)
    assert [len(seen.answers(each.request_id)) for each in script] == [1] * 5
    assert seen.ended.code == 69


@proves("descriptor-taken")
@pytest.mark.parametrize("kind", TAKEN)
@pytest.mark.parametrize("end", ["", "\nraise ValueError"])
def test_what_bears_the_connections_number_now_is_left_alone(
    meddler: Path, kind: str, end: str
) -> None:
    check = {
        "file": "assert os.path.getsize('mine') == 0; os.fstat(3)",
        "socket": (
            "one, other = kept.pop(); one.setblocking(False); other.setblocking(False)\n"
            "for each in (one, other):\n"
            "    try: raise AssertionError(each.recv(9))\n"
            "    except BlockingIOError: pass\n"
            "one.send(b'x'); assert other.recv(9) == b'x'"
        ),
        "connection": "assert kept[0].getsockname()[1]",
    }[kind]
    script = [Invocation(json.dumps(each).encode()) for each in (TAKEN[kind] + end, check, "")]
    seen = run(meddler, script)
    routes = [seen.answers(each.request_id)[0].route for each in script]
    assert routes == [Route.ERROR if end else Route.RESPONSE, Route.RESPONSE, Route.RESPONSE]


@proves("no-descriptor")
def test_without_any_descriptor_for_a_connection_the_line_says_so(meddler: Path) -> None:
    code = (
        "import resource; os.closerange(3, 64); resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))"
    )
    seen = run(meddler, [Invocation(json.dumps(code).encode())])
    check_end(seen, "no-descriptor")


@proves("next-cut-twice")
@pytest.mark.parametrize("ending", BREAKS)
@pytest.mark.parametrize("length", [0, 1, 60])
def test_two_cuts_of_next_are_the_end(task: Path, ending: Ending, length: int) -> None:
    raw = Invocation().reply.cut(length, ending)
    seen = run(task, [Invocation(raw=raw), Invocation(raw=raw), Invocation()])
    check_end(seen, "next-cut-twice")
    assert [each.route for each in seen.requests] == [Route.NEXT, Route.NEXT]


@proves("answer-cut-twice")
@pytest.mark.parametrize("ending", BREAKS)
@pytest.mark.parametrize("event", [b"[1]", b"500000"])
def test_two_cuts_of_an_answer_are_the_end(task: Path, ending: Ending, event: bytes) -> None:
    script = [Invocation(event, answers=[ACCEPTED.cut(9, ending)] * 2), Invocation()]
    seen = run(task, script)
    check_end(seen, "answer-cut-twice")
    assert len(seen.answers(script[0].request_id)) == 2


@proves("garbage-then-close")
def test_half_a_reply_and_a_close_twice_are_the_end(task: Path) -> None:
    script = [Invocation(raw=Reply((CUT,), Ending.CLOSE)) for _ in range(2)]
    check_end(run(task, script), "garbage-then-close")


@proves("sandbox-ends")
def test_the_sandbox_ends_while_the_process_waits(task: Path) -> None:
    with (
        RuntimeApi() as api,
        ClientProcess(Client.SUREFOOT, "app.handler", task, api.address) as process,
    ):
        api.wait_for(1, Route.NEXT)
        api.hang_up()
        ended = process.finish()
    assert (ended.code, ended.killed) == (69, False)
    assert ended.stderr.count(b"\n") == 1


@proves("refused-at-start")
def test_a_refused_connection_ends_the_process(task: Path) -> None:
    with RuntimeApi(then=Then.HANG_UP) as api:
        pass
    seen = run(task, [], {"AWS_LAMBDA_RUNTIME_API": api.address})
    check_end(seen, "refused-at-start")


@proves("early-413")
@pytest.mark.parametrize("ending", BREAKS)
@pytest.mark.parametrize("after", [0, 100_000])
def test_an_early_refusal_is_heard_though_the_peer_hangs_up(
    task: Path, ending: Ending, after: int
) -> None:
    early = status_reply(413, "RequestEntityTooLarge").early(after).ended(ending)
    script = [Invocation(b"5000000", answers=[early]), Invocation(b"[1]")]
    seen = run(task, script)
    assert len(seen.lines) == 1
    assert "too large" in seen.lines[0]
    assert sum(each.request_id == script[0].request_id for each in seen.requests) == 1
    assert len(seen.answers(script[1].request_id)) == 1


@proves("early-413")
def test_an_early_refusal_is_heard_though_the_peer_reads_no_more(task: Path) -> None:
    reads_again = Gate()
    refusal = status_reply(413, "RequestEntityTooLarge")
    # The empty second piece keeps the server from reading until the gate lets it pass.
    early = Reply((refusal.data, b""), gate=reads_again).early(after=1000)
    first, second = Invocation(b"5000000", answers=[early]), Invocation(b"[1]")
    with (
        RuntimeApi([first, second]) as api,
        ClientProcess(Client.SUREFOOT, "app.handler", task, api.address) as process,
    ):
        reads_again.allow()
        answers = api.wait_for(1, Route.RESPONSE)
        assert [each.request_id for each in answers] == [second.request_id]
        reads_again.open()
        api.wait_for(3, Route.NEXT)
        api.hang_up()
        ended = process.finish()
    assert b"too large" in ended.stderr.splitlines()[0]
