"""The functions that the acceptance tests need, on every target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rie.function import Function
from rie.paths import ROOT

IMAGE = Path(__file__).parent / "image"  # the context of its build
TASK, OPT = IMAGE / "task", IMAGE / "opt"

# What the image is built of; each function has a handler of its own.
TASK_FUNCTION = Function("acceptance", IMAGE, "app.echo")
SCALING = ROOT / "functions" / "scheduled_scaling"
STACK = "${AWS::StackName}"  # as CloudFormation's Fn::Sub has it


@dataclass(frozen=True)
class AcceptanceFunction:
    """A handler of the folder `task` with its configuration; `url` gives it a function URL.

    `url_streams` has the URL send what comes when it comes; pages of `cors_origin` may call it.

    `directory` becomes /var/task. In values of `variables` STACK stands for the stack's name.
    With `reads_aws` it calls services of AWS, as the stack's role allows.
    Where `recorded` is set, a record of each asynchronous event goes to the target's destination.
    """

    handler: str
    memory_mb: int = 256
    timeout_s: int = 30
    variables: Mapping[str, str] = field(default_factory=dict)
    reserved_concurrency: int | None = None
    url: bool = False
    url_streams: bool = False
    cors_origin: str = ""
    recorded: bool = False
    snap_start: bool = False
    directory: Path = TASK
    reads_aws: bool = False


FUNCTIONS = {
    "echo": AcceptanceFunction("app.echo", recorded=True),
    "describe": AcceptanceFunction("app.describe", variables={"TABLE": "orders"}),
    "fail": AcceptanceFunction("app.fail", recorded=True),
    "slow": AcceptanceFunction("app.fail", timeout_s=3),
    "log": AcceptanceFunction("app.log"),
    "files": AcceptanceFunction("app.files"),
    "tick": AcceptanceFunction("app.tick"),
    "meet": AcceptanceFunction("app.meet"),
    "alone": AcceptanceFunction("app.meet", reserved_concurrency=1),
    "stream": AcceptanceFunction("app.stream"),
    "url": AcceptanceFunction("app.url", url=True),
    "url_stream": AcceptanceFunction("app.stream_page", url=True, url_streams=True),
    "url_cors": AcceptanceFunction("app.url", url=True, cors_origin="https://shop.example.com"),
    "broken": AcceptanceFunction("broken.handler"),
    "misspelt": AcceptanceFunction("app.no_such_handler"),
    "sandbox": AcceptanceFunction("app.sandbox"),
    "layered": AcceptanceFunction("layered.handler"),
    "wrapped": AcceptanceFunction(
        "layered.handler", variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrapper"}
    ),
    "unwrapped": AcceptanceFunction(
        "layered.handler", variables={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/no-such-wrapper"}
    ),
    "scaling": AcceptanceFunction(
        "scheduled_scaling.app.handler",
        variables={"SCALING_SCENARIOS": f"ssm:{STACK}-scenarios"},
        directory=SCALING,
        reads_aws=True,
    ),
    "shell": AcceptanceFunction("task.handler"),
    "snapshot": AcceptanceFunction("snapshot.handler", snap_start=True),
}

DIMENSION = "dynamodb:table:ReadCapacityUnits"
ALIAS = "live"  # of functions with SnapStart, which Lambda restores for published versions alone
# An account may reserve concurrency for a function only if 100 remain for all others.
RESERVED = sum(each.reserved_concurrency or 0 for each in FUNCTIONS.values())
RESERVING = 100 + RESERVED


def make_scenarios(table: str) -> str:
    """The scenarios of scheduled_scaling: bounds of a table's capacity, which costs nothing."""
    address = {"namespace": "dynamodb", "resource": f"table/{table}", "dimension": DIMENSION}
    steps = {"grow": {"min": 2, "max": 4}, "shrink": {"min": 1, "max": 2}}
    target = {"kind": "scalable-target", **address, "steps": steps}
    return json.dumps({"version": 1, "scenarios": {"night": {"targets": {"orders": target}}}})
