"""`rie run --debug`: a debugger attaches before the handler runs, and stops in it."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from rie.emulator.settings import FunctionSettings
from rie.errors import UserError
from rie.function import Function
from rie.local import run
from rie.local.client import invoke
from rie.local.official_rie import free_port
from tests.support.gate import DEADLINE
from tests.support.rie_command import begin, read_until

_CODE = """def handler(event, context):
    answer = event["n"] + 1
    return answer
"""


def _connect(port: int) -> socket.socket:
    """Connect once it listens; a connection that only looks would be taken for the debugger."""
    end = time.monotonic() + DEADLINE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            threading.Event().wait(0.02)


class Debugger:
    """As much of the Debug Adapter Protocol as the test needs."""

    def __init__(self, port: int) -> None:
        self._socket = _connect(port)
        self._file = self._socket.makefile("rb")
        self._sequence = 0

    def send(self, command: str, arguments: dict[str, Any]) -> None:
        self._sequence += 1
        request = {"seq": self._sequence, "type": "request", "command": command}
        body = json.dumps({**request, "arguments": arguments}).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def wait_for(self, name: str) -> dict[str, Any]:
        """The event, or the reply to the command, of that name."""
        while True:
            message = self._read()
            if name in {message.get("event"), message.get("command")}:
                assert message.get("success", True), message
                return message

    def _read(self) -> dict[str, Any]:
        length = 0
        while (line := self._file.readline().strip()) or not length:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return dict(json.loads(self._file.read(length)))

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def attach(port: int, path: Path) -> Debugger:
    """A debugger with a breakpoint in the second line."""
    debugger = Debugger(port)
    debugger.send("initialize", {"adapterID": "test"})
    debugger.wait_for("initialize")
    debugger.send("attach", {"justMyCode": False})
    debugger.wait_for("initialized")
    breakpoints = {"source": {"path": str(path)}, "breakpoints": [{"line": 2}]}
    debugger.send("setBreakpoints", breakpoints)
    debugger.wait_for("setBreakpoints")
    debugger.send("configurationDone", {})
    debugger.wait_for("configurationDone")
    return debugger


def test_a_debugger_attaches_and_stops_in_the_handler(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text(_CODE)
    port, debug = str(free_port()), str(free_port())
    words = ["--handler", "app.handler", "--port", port, "--debug", debug]
    answers: list[bytes] = []
    with begin("run", str(tmp_path), *words) as process:
        assert "waits for a debugger" in read_until(process.stderr, "Ctrl-C ends it")
        caller = threading.Thread(
            target=lambda: answers.append(invoke(f"http://localhost:{port}", b'{"n": 1}').body)
        )
        caller.start()
        debugger = attach(int(debug), path)
        stopped = debugger.wait_for("stopped")["body"]
        assert stopped["reason"] == "breakpoint"
        assert not answers
        debugger.send("continue", {"threadId": stopped["threadId"]})
        caller.join()
        debugger.close()
        process.terminate()
        process.communicate()
    assert answers == [b"2"]


def test_without_debugpy_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", dict[str, object]().get)
    with pytest.raises(UserError, match="pip install debugpy"):
        run._prepare_debugging([FunctionSettings(Function("f", tmp_path, "app.handler"))], 5678)


def test_one_function_is_debugged_at_a_time(tmp_path: Path) -> None:
    functions = [FunctionSettings(Function(name, tmp_path, "app.handler")) for name in "fg"]
    with pytest.raises(UserError, match="one function"):
        run._prepare_debugging(functions, 5678)
