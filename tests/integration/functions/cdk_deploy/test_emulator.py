"""The function as a process under AWS's emulator, with the real CDK against moto."""

from __future__ import annotations

import json
from pathlib import Path

from rie.function import find
from rie.local.client import InvocationOutcome
from rie.local.official_rie import OfficialRie
from tests.integration.functions.cdk_deploy.conftest import APPS, environment, settings
from tests.integration.functions.cdk_deploy.front import Front
from tests.integration.functions.cdk_deploy.tools import Tools


def test_a_stack_is_deployed_and_progress_is_in_the_log(
    cloud: Front, cdk: Tools, scratch: Path, tmp_path: Path
) -> None:
    variables = environment(cloud.url, settings(cdk, scratch, APPS / "plain"))
    log = tmp_path / "log"
    with (
        log.open("wb") as output,
        OfficialRie(find("cdk_deploy"), variables=variables, logs=output) as emulator,
    ):
        done = emulator.invoke(json.dumps({"step": "deploy", "stack": "plain"}).encode())
        bad = emulator.invoke(json.dumps({"step": "deploy", "stack": "--all"}).encode())
    assert done.outcome is InvocationOutcome.SUCCEEDED
    assert json.loads(done.body)["status"] == "CREATE_COMPLETE"
    assert "plain: creating CloudFormation changeset" in log.read_text()
    assert bad.outcome is InvocationOutcome.FUNCTION_FAILED
    assert json.loads(bad.body)["errorType"] == "RequestError"
