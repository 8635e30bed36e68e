"""The garbage collector is slowed down while the function is loaded, never stopped."""

from __future__ import annotations

import json

import pytest

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.process import Client, ClientProcess
from tests.support.route import Route
from tests.support.runtime_api import RuntimeApi

MODES: dict[str, dict[str, str | None]] = {
    "one by one": {},
    "at once": {"AWS_LAMBDA_MAX_CONCURRENCY": "2", "SUREFOOT_ASYNC_CONCURRENCY": "1"},
    "workers": {"AWS_LAMBDA_MAX_CONCURRENCY": "2"},
    "workers with preload": {"AWS_LAMBDA_MAX_CONCURRENCY": "2", "SUREFOOT_PRELOAD": "1"},
}
each_mode = pytest.mark.parametrize("environ", MODES.values(), ids=MODES)

SOURCE = """
    import gc, os
    at_import = gc.get_threshold()[0], gc.isenabled()
    async def handler(event, context):
        now = gc.get_threshold()[0], gc.isenabled(), gc.get_freeze_count() > 1000
        return os.getpid(), [*at_import, *now]
    """


@each_mode
def test_it_looks_rarely_during_init_and_what_init_made_is_out_of_its_sight_later(
    start: Start, environ: dict[str, str]
) -> None:
    function = start(SOURCE, environ=environ)
    served: set[int] = set()
    # Until one of the processes has answered before.
    while True:
        process, found = json.loads(function.call(Invocation()).body)
        if process in served:
            break
        served.add(process)
    init, enabled_at_init, later, enabled, frozen = found
    assert (init, enabled_at_init) == (300_000, True)
    assert (later < 300_000, enabled, frozen) == (True, True, True)


GARBAGE = """
    import gc
    from xml.dom import minidom
    TEXT = "<r>" + "<a b='c'>text</a>" * 1500 + "</r>"
    {init}

    def resident():
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * 4096 / 2**20

    def handler(event, context):
        return resident()
    """
INITS = {
    "dropped one after the other": """
    for _ in range(60):
        minidom.parseString(TEXT)""",
    "kept for a while, then dropped": """
    kept = [minidom.parseString(TEXT) for _ in range(12)]
    del kept""",
    "in circles of its own": """
    class Node: pass
    for _ in range(300_000):
        one, other = Node(), Node()
        one.other, other.one = other, one""",
}


@pytest.mark.parametrize("init", INITS.values(), ids=INITS)
def test_garbage_of_init_costs_no_more_memory_than_with_awslambdaric(
    start: Start, init: str
) -> None:
    function = start(GARBAGE.format(init=init))
    used = {}
    for client in Client:
        with (
            RuntimeApi([Invocation(), Invocation(), Invocation()]) as api,
            ClientProcess(client, "app.handler", function.task, api.address),
        ):
            used[client] = float(api.wait_for(3, Route.RESPONSE)[-1].body)
    assert used[Client.SUREFOOT] <= 1.2 * used[Client.AWSLAMBDARIC], used


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("gc.set_threshold(123)", [123, True]),
        ("gc.disable()", [None, False]),
        ("gc.set_threshold(100_000, 4)", [100_000, True]),
    ],
)
def test_what_the_function_says_of_it_holds(start: Start, said: str, answer: list[object]) -> None:
    function = start(
        f"""
        import gc
        {said}
        def handler(event, context):
            return [gc.get_threshold()[0], gc.isenabled()]
        """
    )
    function.call(Invocation())
    threshold, enabled = json.loads(function.call(Invocation()).body)
    assert enabled is answer[1]
    assert answer[0] in (None, threshold)
