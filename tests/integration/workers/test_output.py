"""Where workers write to."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.integration.workers.pool import PID, running
from tests.integration.workers.test_places import BOTH
from tests.support.gate import DEADLINE
from tests.support.process import Client

PRINTS = """
import sys
print("imported")
def handler(event, context):
    print("out")
    print("err", file=sys.stderr)
"""


@BOTH
def test_each_worker_writes_to_the_log_channel(tmp_path: Path, client: Client) -> None:
    path = str(tmp_path / "channel")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as provider:
        provider.bind(path)
        provider.listen()
        provider.settimeout(DEADLINE)
        environ = {"_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET": path}
        with running(tmp_path, PRINTS, "2", client=client, environ=environ) as pool:
            # One connection for each stream of each worker.
            channels = [provider.accept()[0] for _ in range(4)]
            pool.wait_for_polls(2)
            pool.call()
            pool.wait_for_polls(3)
            pool.process.kill()
            said = sorted(channel.makefile("rb").read() for channel in channels)
            assert said[0] == b""
            assert sorted(b"".join(said).split()) == [b"err", b"imported", b"imported", b"out"]
            assert pool.process.finish().stdout == b""
        for channel in channels:
            channel.close()


def test_without_the_channel_the_worker_works_and_says_so(tmp_path: Path) -> None:
    environ = {"_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET": str(tmp_path / "missing")}
    with running(tmp_path, PRINTS, "1", environ=environ) as pool:
        pool.call()
        pool.wait_for_polls(2)
        pool.process.signal(signal.SIGTERM)
        outcome = pool.end()
    assert b"cannot connect to the log channel" in outcome.stderr
    assert b"(No such file or directory)" in outcome.stderr
    assert outcome.stdout == b"imported\nout\n"


@pytest.mark.parametrize("log_format", ["JSON", ""])
def test_the_start_of_the_pool_is_logged_like_awslambdarics(
    tmp_path: Path, log_format: str
) -> None:
    environ = {"AWS_LAMBDA_LOG_FORMAT": log_format, "AWS_LAMBDA_LOG_LEVEL": "DEBUG"}
    seen = []
    for client in Client:
        with running(tmp_path, PID, "3", client=client, environ=environ) as pool:
            pool.wait_for_polls(3)
            pool.process.kill()
            (line,) = pool.process.finish().stdout.decode().splitlines()
        seen.append(without_time(line, log_format))
    assert seen[0] == seen[1]
    assert "runtime_worker_pool_initializing" in str(seen[0])


def without_time(line: str, log_format: str) -> Any:
    """A log line as values, without the one that differs."""
    if log_format == "JSON":
        fields = json.loads(line)
        del fields["timestamp"]
        # Where the call stands in the source is each client's own affair.
        fields.pop("location", None)
        return fields
    words = line.split("\t")
    del words[1]
    return words


def test_nothing_is_logged_about_the_pool_at_other_levels(tmp_path: Path) -> None:
    with running(tmp_path, PID, "2", environ={"AWS_LAMBDA_LOG_LEVEL": "INFO"}) as pool:
        pool.wait_for_polls(2)
        pool.process.signal(signal.SIGTERM)
        outcome = pool.end()
    assert (outcome.stdout, outcome.stderr) == (b"", b"")
