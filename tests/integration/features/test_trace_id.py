"""The X-Ray trace id reaches the function and the processes that it starts."""

from __future__ import annotations

import json

import pytest

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation

NAME = "_X_AMZN_TRACE_ID"
WAYS = {
    "subprocess": f"subprocess.run(['sh', '-c', 'echo ${NAME}'], stdout=PIPE).stdout.decode()",
    "shell of os": f"os.popen('echo ${NAME}').read()",
    "fork": "forked()",
    "posix_spawn": "spawned()",
}
SOURCE = f"""
    import os, subprocess
    from subprocess import PIPE
    def forked():
        read, write = os.pipe()
        if os.fork() == 0:
            os.dup2(write, 1)
            os.execv("/bin/sh", ["sh", "-c", "echo ${NAME}"])
        os.close(write)
        os.wait()
        return os.read(read, 1000).decode()
    def spawned():
        read, write = os.pipe()
        pid = os.posix_spawn(
            "/bin/sh",
            ["sh", "-c", "echo ${NAME}"],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, write, 1)],
        )
        os.waitpid(pid, 0)
        return os.read(read, 1000).decode()
    def handler(event, context):
        return os.environ.get("{NAME}", ""), eval(event).strip()
    """


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_each_child_gets_the_id_of_the_invocation_that_starts_it(start: Start, way: str) -> None:
    function = start(SOURCE)
    event = json.dumps(way).encode()
    for trace in ("Root=1-aaaa", "Root=1-bbbb", None, "Root=1-cccc"):
        answer = function.call(Invocation(event, headers={"Lambda-Runtime-Trace-Id": trace}))
        assert json.loads(answer.body) == [trace or "", trace or ""]
