"""The command from beginning to end: moto has the stack, the emulator answers for Lambda."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.acceptance.conftest import Command
from tests.support.aws_proxy import AwsProxy

# moto leaves out what its CloudFormation does not know, and says so.
pytestmark = pytest.mark.filterwarnings("ignore:Tried to parse AWS..Lambda..")


def test_every_test_runs_and_everything_is_removed(
    command: Command, image: str, aws_proxy: AwsProxy, record: Path
) -> None:
    done = command.run("--yes", "--image", image, "--json", str(record))
    assert done.code == 0, done.err
    facts = json.loads(record.read_text())
    assert facts["results"]["held"] == len(facts["facts"]) > 60
