"""Settings and properties."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from eni_cleanup import aws, config, request
from eni_cleanup.targets import Targets
from rie.paths import ROOT
from surefoot import __version__
from surefoot.kit.errors import UserError
from tests.integration.functions.eni_cleanup.proxy import Proxy
from tests.unit.functions.eni_cleanup import world
from tests.unit.functions.eni_cleanup.services import STACK


def test_settings_have_defaults_and_take_numbers() -> None:
    assert config.read({}) == config.Config()
    given = config.read({"POLL_SECONDS": "5", "MUTATE_PER_SECOND": "2.5", "MUTATE_BURST": ""})
    assert given == config.Config(poll_s=5.0, mutate_per_s=2.5)


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf", "9999"])
def test_a_setting_out_of_range_is_named(value: str) -> None:
    with pytest.raises(UserError, match=r"RESERVE_SECONDS is .* from 1 to 300"):
        config.read({"RESERVE_SECONDS": value})


def test_the_readme_lists_every_setting_with_its_default() -> None:
    readme = (ROOT / "functions/eni_cleanup/README.md").read_text()
    for name, (field, _, __) in config._VARIABLES.items():
        default = getattr(config.Config(), field)
        assert f"| `{name}` | {default:g} |" in readme


def test_clients_give_up_on_a_call_that_hangs_and_leave_repetition_to_us(ec2: Proxy) -> None:
    made = aws.boto3_client("ec2").meta.config
    assert made.connect_timeout + made.read_timeout < config.Config().reserve_s / 2
    assert made.user_agent_extra == f"surefoot/{__version__} eni_cleanup"
    assert made.retries["total_max_attempts"] == 1


def test_properties_are_read() -> None:
    event = world.request(
        FunctionNames=["shop", "shop", "stock"],
        SubnetIds=["subnet-0a1b2c3d"],
        SecurityGroupIds=["sg-0a1b2c3d"],
        VpcId="vpc-0a1b2c3d",
        ServiceTimeout="600",
    )
    assert request.parse(event) == request.Request(
        "Delete",
        STACK,
        Targets(("shop", "stock"), ("subnet-0a1b2c3d",), ("sg-0a1b2c3d",), "vpc-0a1b2c3d"),
        600,
        None,
    )


@pytest.mark.parametrize("limit", ["0", "3601", "-1", "1.5", "", "²", [], True])
def test_a_wrong_service_timeout_is_named(limit: Any) -> None:
    with pytest.raises(UserError, match=r"ServiceTimeout is .* from 1 to 3600"):
        request.parse(world.request("Create", ServiceTimeout=limit))


def test_the_event_beside_the_function_is_a_request() -> None:
    path = ROOT / "functions/eni_cleanup/events/3-delete.json"
    parsed = request.parse(json.loads(path.read_text()))
    assert (parsed.kind, parsed.targets.functions, parsed.limit_s) == ("Delete", ("shop",), 3600)
    assert parsed.sent_at is not None
    assert time.gmtime(parsed.sent_at)[:5] == (2026, 3, 2, 6, 0)
