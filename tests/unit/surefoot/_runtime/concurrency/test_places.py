"""What the places share: who is served, who has ended, and when all waits end."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator

import pytest

from surefoot._payload.marshaller import Marshaller
from surefoot._runtime.concurrency import places as module
from surefoot._runtime.concurrency.places import Ended, PlaceConnection, Places
from surefoot._runtime_api.client import Client
from surefoot._runtime_api.transport import Connection
from surefoot.errors import ContainerError, SandboxGone, Terminated
from tests.support.invocation import Invocation
from tests.support.reply import status_reply
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi
from tests.unit import fakes

BROKEN = ContainerError("no more.")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(module, "log_to_operator", lines.append)
    return lines


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_place_counts_as_served_until_it_is_refused_or_gone(said: list[str]) -> None:
    places = Places(3)
    assert places.any_other_served(0)
    places.set_state(1, module._REFUSED)
    assert places.any_other_served(0)
    places.leave(2, BROKEN)
    assert not places.any_other_served(0)
    assert places.any_other_served(1)
    places.set_state(1, module._BUSY)
    assert places.any_other_served(0)
    places.is_idle(1)
    assert places.any_other_served(0)


def test_a_place_that_gives_up_among_served_ones_is_no_reason_to_end(said: list[str]) -> None:
    places = Places(2)
    assert not places.leave(0, BROKEN)
    assert isinstance(places.reason, Ended)
    assert said == ["no more. Place 1 of 2 gives up; the others go on."]
    assert places.leave(1, SandboxGone("gone."))
    assert str(places.reason) == "gone."
    assert len(said) == 1


def test_a_reason_that_is_no_sentence_is_shown_as_it_is(said: list[str]) -> None:
    Places(2).leave(1, KeyError("k"))
    assert said == ["KeyError('k'). Place 2 of 2 gives up; the others go on."]


def test_the_first_reason_of_the_end_counts(said: list[str]) -> None:
    places = Places(2)
    first = Terminated("first.")
    places.end(first)
    places.end(Terminated("second."))
    assert places.reason is first
    assert not places.leave(0, Ended())
    assert places.leave(1, BROKEN)
    assert (places.reason, said) == (first, [])


def test_the_last_reason_is_the_one_of_the_place_that_no_other_outlives(said: list[str]) -> None:
    places = Places(2)
    places.set_state(1, module._REFUSED)
    assert not places.leave(0, BROKEN)
    assert places.leave(1, SandboxGone("later."))
    assert places.reason is BROKEN


def test_a_wait_ends_with_something_to_read_or_with_its_time(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = ends
    places = Places(1)
    assert not places.wait(ours, 0)
    places.pause(0)
    theirs.send(b"x")
    assert places.wait(ours)
    places.end(BROKEN)
    # What is here already is served.
    assert places.wait(ours)
    ours.recv(1)
    with pytest.raises(Ended):
        places.wait(ours)
    with pytest.raises(Ended):
        places.pause(60)


class Poll:
    """Says that nothing came, and keeps for how long it was asked."""

    def __init__(self) -> None:
        self.limits: list[int | None] = []

    def register(self, *_: int) -> None: ...

    def poll(self, limit: int | None) -> list[tuple[int, int]]:
        self.limits.append(limit)
        return []


def test_times_are_seconds_and_none_is_no_limit(
    monkeypatch: pytest.MonkeyPatch, ends: tuple[socket.socket, socket.socket]
) -> None:
    places = Places(1)
    poll = Poll()
    monkeypatch.setattr(select, "poll", lambda: poll)
    places.wait(ends[0], 8.0)
    places.wait(ends[0])
    places.pause(2.5)
    assert poll.limits == [8000, None, 2500]


def attached(api: RuntimeApi, places: Places) -> Client:
    host, port = api.address.split(":")
    client = Client(Connection(host, int(port)), Marshaller(), pytest.fail)
    places.attach(0, client)
    return client


def test_a_place_asks_on_a_connection_of_its_own_which_the_end_interrupts() -> None:
    with RuntimeApi([Invocation(request_id="one")]) as api:
        places = Places(2)
        client = attached(api, places)
        assert isinstance(client.connection, PlaceConnection)
        assert places.ask(0, client).request_id == "one"
        assert places._states[0] == module._BUSY
        places.is_idle(0)
        caught: list[BaseException] = []

        def ask() -> None:
            try:
                places.ask(0, client)
            except BaseException as error:
                caught.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        api.wait_for(2, Route.NEXT)
        places.end(BROKEN)
        thread.join()
        assert [type(each) for each in caught] == [Ended]
        assert not client.connection.polling
        with pytest.raises(Ended):
            places.ask(0, client)
        assert len(api.complete(Route.NEXT)) == 2
        client.connection.close()


def test_a_refused_place_is_noted_and_answers_need_no_waiting() -> None:
    with RuntimeApi([Invocation(raw=status_reply(500)), Invocation(request_id="two")]) as api:
        places = Places(1)
        client = attached(api, places)
        with pytest.raises(ContainerError):
            places.ask(0, client)
        assert places._states[0] == module._REFUSED
        invocation = places.ask(0, client)
        places.end(BROKEN)
        # An answer is sent although the end has begun.
        client.respond(invocation, b"1", "application/json")
        assert api.wait_for(1, Route.RESPONSE)[0].body == b"1"
        client.connection.close()


@pytest.mark.parametrize("parked", [True, False])
def test_a_place_whose_question_no_refusal_answers_is_parked(
    monkeypatch: pytest.MonkeyPatch,
    ends: tuple[socket.socket, socket.socket],
    parked: bool,
) -> None:
    waits: list[float | None] = []
    places = Places(1)
    places.set_state(0, module._REFUSED)

    def wait(_: object, seconds: float | None = None) -> bool:
        waits.append(seconds)
        return not parked or seconds is None

    pauses: list[float] = []
    monkeypatch.setattr(places, "pause", pauses.append)
    monkeypatch.setattr(places, "wait", wait)
    monkeypatch.setattr(Connection, "_send", lambda *_: None)
    connection = PlaceConnection("127.0.0.1", 1, 0, places)
    connection.polling = True
    assert connection._send(ends[0], b"GET", b"") is None
    assert (waits, pauses) == ([0.8, None] if parked else [0.8], [0])
    assert places._states[0] == (module._IDLE if parked else module._REFUSED)


def test_an_early_reply_to_a_question_is_not_waited_for_again(
    monkeypatch: pytest.MonkeyPatch, ends: tuple[socket.socket, socket.socket]
) -> None:
    early = fakes.reply(500)
    places = Places(1)
    monkeypatch.setattr(places, "wait", pytest.fail)
    monkeypatch.setattr(Connection, "_send", lambda *_: early)
    connection = PlaceConnection("127.0.0.1", 1, 0, places)
    assert connection._send(ends[0], b"POST", b"") is early
    connection.polling = True
    assert connection._send(ends[0], b"GET", b"") is early
    places.end(BROKEN)
    connection.polling = False
    assert connection._send(ends[0], b"POST", b"") is early
    assert PlaceConnection("::1", 1, 0, places)._send(ends[0], b"POST", b"") is early
