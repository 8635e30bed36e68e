from __future__ import annotations

import threading
from pathlib import Path

import pytest

from rie.local.client import exclusive

LIMIT_S = 10


def never() -> None:
    pytest.fail("waited, although the lock was free")


def test_a_second_caller_waits_until_the_first_is_done(tmp_path: Path) -> None:
    reported, done = threading.Event(), threading.Event()

    def second() -> None:
        with exclusive("http://localhost:8080", reported.set, cache=tmp_path):
            done.set()

    thread = threading.Thread(target=second)
    with exclusive("http://127.0.0.1:8080", never, cache=tmp_path):
        thread.start()
        assert reported.wait(LIMIT_S)
        assert not done.is_set()
    assert done.wait(LIMIT_S)
    thread.join()


def test_emulators_on_other_ports_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with (
        exclusive("http://localhost:8080", never, cache=tmp_path),
        exclusive("http://localhost:8081", never, cache=tmp_path),
    ):
        pass


def test_a_turn_ends_with_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(KeyError), exclusive("http://[::1]:8080", never, cache=tmp_path):
        raise KeyError
    with exclusive("http://[::1]:8080", never, cache=tmp_path):
        pass
