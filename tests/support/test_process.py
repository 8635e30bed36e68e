"""Clients as processes: seen through awslambdaric, whose behaviour is given."""

from __future__ import annotations

import json
import os
import select
import signal
from pathlib import Path

from tests.support.gate import DEADLINE
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi, Then

HANDLER = """
import os, sys
def handler(event, context):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    return dict(os.environ, CWD=os.getcwd())
"""


def test_a_client_sees_its_task_and_only_the_named_variables(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    environ = {"EXTRA": "1", "HOME": None}
    with (
        RuntimeApi([Invocation()], then=Then.HANG_UP) as api,
        ClientProcess(
            Client.AWSLAMBDARIC, "app.handler", tmp_path, api.address, environ
        ) as process,
    ):
        (answer,) = api.wait_for(1, Route.RESPONSE)
        outcome = process.finish()
    seen = json.loads(answer.body)
    assert seen["CWD"] == seen["LAMBDA_TASK_ROOT"] == str(tmp_path)
    assert seen["EXTRA"] == "1"
    assert not {"HOME", "VIRTUAL_ENV", "USER"} & set(seen)
    assert outcome.stdout.startswith(b"to stdout\n")
    assert outcome.stderr.startswith(b"to stderr\n")
    assert (outcome.code, outcome.killed) == (1, False)


def test_a_client_that_lingers_is_killed_with_its_children(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "handler = lambda event, context: child.pid\n"
    )
    with (
        RuntimeApi([Invocation()]) as api,
        ClientProcess(Client.AWSLAMBDARIC, "app.handler", tmp_path, api.address) as process,
    ):
        (answer,) = api.wait_for(1, Route.RESPONSE)
        api.wait_for(2, Route.NEXT)
        child = os.pidfd_open(int(answer.body))
        outcome = process.finish(deadline=0)
    assert (outcome.code, outcome.killed) == (-signal.SIGKILL, True)
    # A pidfd becomes readable when its process has ended.
    assert select.select([child], [], [], DEADLINE)[0] == [child]
    os.close(child)
