"""Print the outputs that the function's README shows.

Run ``PYTHONPATH=.:runtime:functions/cdk_deploy python -m
tests.integration.functions.cdk_deploy.outputs``. The handler runs in this process with the real CDK
and the function's own app; AWS is moto behind the tests' proxy.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3

from cdk_deploy.app import handler
from cdk_deploy.errors import DeploymentFailed
from rie.demo.aws.moto_server import moto_server, variables
from surefoot.testing import invoke
from tests.integration.functions.cdk_deploy import tools
from tests.integration.functions.cdk_deploy.conftest import APPS, bootstrap, settings
from tests.integration.functions.cdk_deploy.front import front
from tests.integration.functions.cdk_deploy.test_cdk import fails
from tests.integration.functions.cdk_deploy.tools import FUNCTION

DAY: dict[str, Any] = {"step": "deploy", "stack": "nightly"}
CONTEXT = {"desired_count": 4, "db_class": "db.r6g.large", "db_instances": 3}


def main() -> None:
    """A diff, a change set, a deployment, and one that fails."""
    logging.disable(logging.CRITICAL)
    cdk = tools.install()
    with moto_server() as url, front(url) as proxy, tempfile.TemporaryDirectory() as scratch:
        os.environ |= {**variables(proxy.url), "CDK_METHOD": "direct"}
        boto3.setup_default_session(region_name=os.environ["AWS_REGION"])
        bootstrap()
        os.environ |= settings(cdk, Path(scratch), FUNCTION / "app")
        invoke(handler, DAY, timeout=600)
        _print("diff", invoke(handler, {**DAY, "step": "diff", "context": CONTEXT}, timeout=600))
        _print(
            "prepare", invoke(handler, {**DAY, "step": "prepare", "context": CONTEXT}, timeout=600)
        )
        _print("deploy", invoke(handler, {**DAY, "context": CONTEXT}, timeout=600))
        os.environ |= {**settings(cdk, Path(scratch), APPS / "plain"), "CDK_METHOD": "change-set"}
        proxy.instead["ExecuteChangeSet"] = fails
        try:
            invoke(handler, {"step": "deploy", "stack": "plain"}, timeout=600)
        except DeploymentFailed as error:
            sys.stdout.write(f"--- failure\n{type(error).__name__}: {error}\n")


def _print(title: str, answer: Any) -> None:
    text = answer["diff"] if title == "diff" else json.dumps(answer)
    sys.stdout.write(f"--- {title}\n{text}\n\n")


if __name__ == "__main__":
    main()
