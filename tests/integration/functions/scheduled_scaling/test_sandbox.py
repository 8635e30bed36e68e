"""The function's image in the sandbox: uid 993, read-only root, AWS on this machine's loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from rie.demo.aws import scaling_fixtures as seed
from rie.function import find
from rie.images.image import build_function
from rie.local.sandbox import Sandbox
from tests.image.conftest import Logs
from tests.integration.functions.scheduled_scaling.conftest import FUNCTION, Night
from tests.integration.functions.scheduled_scaling.test_night import BEFORE, OUT
from tests.support.aws import variables

if TYPE_CHECKING:
    from docker import DockerClient


@pytest.fixture
def sandbox(night: Night, aws: str, engine: DockerClient, image: str) -> Iterator[Sandbox]:
    function = find("scheduled_scaling")
    tag = build_function(engine, function, image)
    settings = {**variables(aws), "SCALING_ENGINES": seed.ENGINE}
    with Sandbox(tag, function, host_network=True, variables=settings, logs=Logs()) as running:
        yield running


def test_a_night_in_the_sandbox(sandbox: Sandbox) -> None:
    seed.night()
    events = FUNCTION / "events"
    out = sandbox.invoke((events / "2-scale-out.json").read_bytes())
    assert json.loads(out.body)["status"] == "done"
    assert (seed.instances(), seed.service()) == (OUT, (10, 20, 40))
    back = sandbox.invoke((events / "6-restore.json").read_bytes())
    assert json.loads(back.body)["status"] == "done"
    assert (seed.instances(), seed.service()) == (BEFORE, (1, 2, 4))
