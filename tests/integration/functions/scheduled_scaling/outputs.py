"""Print the outputs that the function's README shows.

Run ``PYTHONPATH=.:runtime:functions/scheduled_scaling python -m
tests.integration.functions.scheduled_scaling.outputs``. The handler runs in this process, moto is
AWS. Lines are folded here; the README leaves targets out.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from rie.demo.aws import scaling_fixtures as seed
from rie.demo.aws.moto_server import local_aws
from scheduled_scaling import app
from scheduled_scaling.errors import ScalingFailed
from scheduled_scaling.settings import Settings
from surefoot.testing import invoke
from tests.integration.functions.scheduled_scaling.conftest import FUNCTION

EVENT = {"scenario": "nightly-batch", "step": "scale-out"}


def main() -> None:
    """A plan, an answer, and a failure."""
    with local_aws() as variables:
        os.environ.update(variables)
        os.environ |= {"SCALING_ENGINES": seed.ENGINE, "LAMBDA_TASK_ROOT": str(FUNCTION)}
        seed.night()
        _print("plan", "\n".join(_send({**EVENT, "dry_run": True})["plan"]))
        answer = _send(EVENT)
        answer["targets"] = [each for each in answer["targets"] if each["name"] == "workers"]
        _print("answer", json.dumps(answer))
        _refuse_services()
        try:
            _send({**EVENT, "step": "scale-in"})
        except ScalingFailed as error:
            _print("failure", f"{type(error).__name__}: {error}")


def _refuse_services() -> None:
    """Let ECS refuse UpdateService, as it does for a role without the permission."""

    def after_call(http_response: Any, parsed: Any, **_: Any) -> None:
        http_response.status_code = 400
        action = "ecs:UpdateService"
        parsed["Error"] = {
            "Code": "AccessDeniedException",
            "Message": f"User is not authorized to perform: {action}",
        }

    client = app._create_clients(Settings.from_environ(os.environ)).client("ecs")
    client.meta.events.register("after-call.ecs.UpdateService", after_call)


def _send(event: Any) -> Any:
    with redirect_stdout(StringIO()):
        return invoke(app.handler, event, timeout=900)


def _print(title: str, text: str) -> None:
    sys.stdout.write(f"--- {title}\n{text}\n\n")


if __name__ == "__main__":
    main()
