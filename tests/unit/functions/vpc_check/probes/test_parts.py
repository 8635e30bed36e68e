"""Limits, words of errors, and what stays unloaded."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import subprocess
import sys
import time

import pytest

from rie.paths import ROOT
from vpc_check.app import run_probes
from vpc_check.observation import WORDS
from vpc_check.probes import limits, tls
from vpc_check.probes.outcome import MOST_TEXT, Outcome, of_error, printable
from vpc_check.target import Target, parse

LOADED = """
import json, sys
from vpc_check.probes import probe_all
from vpc_check.target import parse
before = "ssl" in sys.modules
words = [seen.word for seen in probe_all([parse(sys.argv[1])], budget_s=5)]
json.dump([before, words, "ssl" in sys.modules], sys.stdout)
"""


@pytest.mark.parametrize(("protocol", "loaded"), [("tcp", False), ("http", False), ("tls", True)])
def test_ssl_is_loaded_only_for_tls(protocol: str, loaded: bool) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"{protocol}://127.0.0.1:{closed.getsockname()[1]}"
        done = subprocess.run(
            [sys.executable, "-c", LOADED, url],
            capture_output=True,
            check=True,
            cwd=ROOT / "functions/vpc_check",
            env={**os.environ, "PYTHONPATH": str(ROOT / "runtime")},
        )
    assert json.loads(done.stdout) == [False, ["refused"], loaded]


def test_the_rest_of_the_package_finds_the_probes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = Target("tcp", "127.0.0.1", server.getsockname()[1])
        (seen,) = run_probes([target], 5.0)
    assert (seen.target, seen.word, seen.address) == (target, "ok", "127.0.0.1")
    assert run_probes([], 5.0) == []


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_error_of_a_socket_has_a_word(number: int) -> None:
    for connected in (False, True):
        outcome = of_error(OSError(number, "text"), "while connecting", connected=connected)
        assert outcome.word in WORDS
        assert outcome.word not in ("ok", "not_tried")


def test_errors_without_a_number_are_told_by_their_text() -> None:
    assert of_error(OSError("odd"), "here", connected=True) == Outcome("failed", "odd here")


def test_a_word_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'lost' is not a word"):
        Outcome("lost")


def test_text_of_strangers_is_short_and_harmless() -> None:
    assert printable("a\x1b[31m\r\n\u202eb") == "a?[31m  ?b"
    assert len(printable("x" * 9999)) == MOST_TEXT


def test_as_many_threads_as_descriptors_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, threads in ((1, 1), (4096, 128), (resource.RLIM_INFINITY, 128)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert limits.width() == threads


def test_time_is_shared_out() -> None:
    assert limits.step_s(targets=10, threads=128, budget_s=30) == limits.STEP_S
    assert limits.step_s(targets=256, threads=128, budget_s=10) == 2.5
    assert limits.step_s(targets=1000, threads=10, budget_s=10) == limits.SHORTEST_STEP_S


@pytest.mark.parametrize(
    ("answer", "word"), [(b"S", "ok"), (b"N", "tls_failed"), (b"E", "tls_failed"), (b"", "reset")]
)
def test_what_postgresql_answers_has_its_word(answer: bytes, word: str) -> None:
    near, far = socket.socketpair()
    with near, far:
        far.sendall(answer)
        far.shutdown(socket.SHUT_WR)
        assert tls.ask_postgres_for_tls(near, time.monotonic() + 5).word == word
        assert far.recv(64) == bytes.fromhex("0000000804d2162f")


def test_postgresql_is_known_by_its_port_or_where_it_was_found() -> None:
    assert tls.speaks_postgres(parse("tls://db.test:5432"))
    assert tls.speaks_postgres(
        parse("tls://db.test:9999", about="aurora-postgresql cluster orders")
    )
    assert not tls.speaks_postgres(parse("tls://db.test:9999", about="mysql instance orders"))
