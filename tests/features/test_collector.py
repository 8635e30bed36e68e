"""The garbage collector pauses while the function is loaded, and works again from then on."""

from __future__ import annotations

import json

import pytest

from tests.features.conftest import Start
from tests.support.invocation import Invocation

SOURCE = """
    import gc
    at_import = gc.get_threshold()[0], gc.isenabled()
    async def handler(event, context):
        return [*at_import, gc.get_threshold()[0], gc.isenabled(), gc.get_freeze_count() > 1000]
    """


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"AWS_LAMBDA_MAX_CONCURRENCY": "2", "SUREFOOT_ASYNC_CONCURRENCY": "1"},
        {"AWS_LAMBDA_MAX_CONCURRENCY": "2"},
        {"AWS_LAMBDA_MAX_CONCURRENCY": "2", "SUREFOOT_PRELOAD": "1"},
    ],
    ids=["one by one", "at once", "workers", "workers with preload"],
)
def test_it_pauses_for_init_and_what_init_made_is_out_of_its_sight(
    start: Start, environ: dict[str, str]
) -> None:
    answer = json.loads(start(SOURCE, environ=environ).call(Invocation()).body)
    init, _, later, enabled, frozen = answer
    assert init > 1_000_000
    assert (later < 1_000_000, enabled, frozen) == (True, True, True)


@pytest.mark.parametrize(
    ("said", "answer"),
    [("gc.set_threshold(123)", [123, True]), ("gc.disable()", [None, False])],
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
    threshold, enabled = json.loads(function.call(Invocation()).body)
    assert enabled is answer[1]
    assert answer[0] in (None, threshold)
    assert threshold < 1_000_000
