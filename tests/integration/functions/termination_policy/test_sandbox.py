"""The function's image in the sandbox: uid 993, read-only root, AWS on this machine's loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rie.function import find
from rie.images.image import build_function
from rie.local.sandbox import Sandbox
from tests.image.conftest import Logs
from tests.integration.functions.termination_policy import seed
from tests.integration.functions.termination_policy.conftest import Fleet
from tests.integration.functions.termination_policy.events import A, event, large, names
from tests.integration.functions.termination_policy.test_cached import write
from tests.support.aws import variables

if TYPE_CHECKING:
    from docker import DockerClient


def test_a_result_is_believed_in_the_sandbox(
    fleet: Fleet, aws: str, engine: DockerClient, image: str
) -> None:
    function = find("termination_policy")
    tag = build_function(engine, function, image)
    seed.table()
    one, two, three = names(3)
    settings = {**variables(aws), "POLICY": "cached:dynamodb://results"}
    with Sandbox(tag, function, host_network=True, variables=settings, logs=Logs()) as sandbox:
        sent = json.dumps(event({A: 2}, [(name, A) for name in (one, two, three)])).encode()
        assert json.loads(sandbox.invoke(sent).body) == {"InstanceIDs": []}
        write("dynamodb://results", [three, two])
        assert json.loads(sandbox.invoke(sent).body) == {"InstanceIDs": [three, two]}
        assert b"there is no cached result" in sandbox.output()


def test_a_full_event_is_answered_in_the_sandbox(engine: DockerClient, image: str) -> None:
    function = find("termination_policy")
    tag = build_function(engine, function, image)
    with Sandbox(tag, function, variables={"POLICY": "any"}, logs=Logs()) as sandbox:
        answer = sandbox.invoke(json.dumps(large()).encode())
    assert len(json.loads(answer.body)["InstanceIDs"]) == 996
