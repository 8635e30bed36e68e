"""The function as Lambda runs it: under the official emulator, and in the container sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from rie.demo.aws.vpc_fixtures import FUNCTION, Cloud
from rie.function import Function, find
from rie.images.image import build_function
from rie.local.official_rie import OfficialRie
from rie.local.sandbox import Sandbox
from tests.support.aws import variables

if TYPE_CHECKING:
    from docker import DockerClient

EVENT = {"function": FUNCTION, "targets": ["https://example.com"], "probe": False}


@pytest.fixture
def function() -> Function:
    return find("vpc_check")


def asked(runner: OfficialRie | Sandbox, **event: Any) -> bytes:
    answer = runner.invoke(json.dumps({**EVENT, **event}).encode(), wait_s=120)
    assert answer.status == 200
    return answer.body


def test_it_answers_in_every_format_under_the_emulator(
    cloud: Cloud, aws: str, function: Function
) -> None:
    with OfficialRie(function, variables=_variables(aws)) as emulator:
        report = json.loads(asked(emulator))
        table = asked(emulator, format="table").decode()
        page = asked(emulator, format="html").decode()
        wrong = json.loads(asked(emulator, targets=["ftp://example.com"]))
    assert (report["version"], report["vpc"]) == (1, cloud.vpc)
    assert table.startswith(f"orders in {cloud.vpc}, eu-west-1")
    assert page.startswith("<!doctype html>")
    assert wrong["errorType"] == "UserError"
    assert "target 'ftp://example.com' has no protocol" in wrong["errorMessage"]


def test_its_image_answers_in_the_sandbox(
    cloud: Cloud, aws: str, function: Function, engine: DockerClient, image: str
) -> None:
    tag = build_function(engine, function, image)
    with Sandbox(tag, function, host_network=True, variables=_variables(aws)) as sandbox:
        report = json.loads(asked(sandbox))
        page = asked(sandbox, format="html").decode()
    assert report["vpc"] == cloud.vpc
    assert {path["state"] for path in report["paths"]} == {"ok"}
    assert cloud.vpc in page
    assert page.endswith("</main>\n</body>\n</html>")


def _variables(url: str) -> Mapping[str, str]:
    return dict(variables(url))
