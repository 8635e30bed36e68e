"""What the documentation recommends for a start: fewer services of botocore, and lazy imports."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.function import Function
from rie.images import image as images
from rie.images.interpreter import DEFAULT_VERSION
from rie.images.offline_packages import fetch_wheels
from rie.local.sandbox import Sandbox
from rie.paths import ROOT
from tests.image.test_seal import layers_of

if TYPE_CHECKING:
    from docker import DockerClient

Start = Callable[..., Sandbox]
Run = Callable[..., tuple[int, str]]
PINNED = ROOT / "functions" / "termination_policy" / "requirements.txt"
SERVICES = """\
import boto3
from botocore.exceptions import UnknownServiceError

ecs = boto3.client("ecs", region_name="eu-west-1")

def handler(event, context):
    try:
        boto3.client("ec2", region_name="eu-west-1")
    except UnknownServiceError as error:
        return ecs.meta.service_model.service_name, str(error).split(". ")[0]
"""
RECIPE = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
COPY wheels /wheels
RUN pip install --no-compile --no-index --find-links /wheels -t . boto3 \\
 && surefoot seal --only-services ecs,docdb
COPY app.py ${LAMBDA_TASK_ROOT}/
RUN surefoot seal app.handler
CMD ["app.handler"]
"""
# plugins works by what its import leaves behind, unused is never used.
LAZY = {
    "registry.py": "found = []\n",
    "plugins.py": "import registry\nregistry.found.append('a plugin')\n",
    "unused.py": "value = 1\n",
    "app.py": """\
import sys
import plugins
import registry
import unused

def handler(event, context):
    return registry.found

def loaded(event, context):
    return sorted({"plugins", "unused"} & set(sys.modules))
""",
}
LAZY_RECIPE = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
ENV SUREFOOT_LAZY_IMPORTS=1
COPY *.py event.json ${LAMBDA_TASK_ROOT}/
RUN surefoot seal --event event.json app.handler
CMD ["app.handler"]
"""


def test_services_that_are_not_named_are_in_no_layer_and_the_rest_works(
    engine: DockerClient, image: str, start: Start, tmp_path: Path
) -> None:
    shutil.copytree(fetch_wheels(PINNED, DEFAULT_VERSION), tmp_path / "wheels")
    (tmp_path / "app.py").write_text(SERVICES)
    (tmp_path / "Dockerfile").write_text(RECIPE)
    function = Function("test-services", tmp_path, "app.handler")
    tag = images.build_function(engine, function, image)
    models = {
        path.split("/botocore/data/")[1].split("/")[0]
        for layer in layers_of(engine, tag)
        for path in layer
        if "/botocore/data/" in path and path.endswith("service-2.json.gz")
    }
    assert {"ecs", "docdb"} <= models
    assert "ec2" not in models
    answer = start("app.handler", of=tag).invoke(b"{}")
    assert json.loads(answer.body) == ["ecs", "Unknown service: 'ec2'"]


def test_lazy_imports_leave_out_what_a_trial_shows_to_be_needed(
    engine: DockerClient,
    checkout: Path,
    start: Start,
    run: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    base = images.build(
        engine, images.LOCAL, tag="surefoot:test-3.15", source=checkout, python="3.15"
    )
    for name, text in {**LAZY, "event.json": "{}", "Dockerfile": LAZY_RECIPE}.items():
        (tmp_path / name).write_text(text)
    tag = images.build_function(engine, Function("test-lazy", tmp_path, "app.handler"), base)
    assert "plugins may not be lazy" in capsys.readouterr().err
    eager = ["/var/runtime/.surefoot-seal.eager"]
    assert run(eager, of=tag, entrypoint=["/usr/bin/cat"]) == (0, "plugins\n")
    assert json.loads(start("app.handler", of=tag).invoke(b"{}").body) == ["a plugin"]
    assert json.loads(start("app.loaded", of=tag).invoke(b"{}").body) == ["plugins"]
