"""Fixtures: the command in this process, moto, and a scripted AWS in front of it."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from rie import __main__ as commands
from rie.aws.deploy import stack_events, template
from rie.aws.deploy.template import Finding
from tests.integration.functions.conftest import aws, moto_url  # noqa: F401 (fixtures)
from tests.support.aws import ACCOUNT, REGION
from tests.support.aws_proxy import AwsProxy, serve_aws_proxy

_lint = template.lint
REPOSITORY = "surefoot-echo"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


Rie = Callable[..., Done]


@pytest.fixture
def rie(capsys: pytest.CaptureFixture[str]) -> Rie:
    """Run `rie WORDS…` in this process."""

    def run(*words: str) -> Done:
        capsys.readouterr()
        try:
            code = commands.main(list(words))
        except SystemExit as end:
            code = int(end.code or 0)
        reported = capsys.readouterr()
        return Done(code, reported.out, reported.err)

    return run


@pytest.fixture(autouse=True)
def _no_time_between_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_events, "POLL_INTERVAL_S", 0.0)


@functools.cache
def _linted(text: bytes, path: Path, region: str) -> list[Finding]:
    return _lint(path, region)


@pytest.fixture(autouse=True)
def _each_template_is_linted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """cfn-lint takes most of a deployment's time; the same text has the same findings."""

    def lint(path: Path, region: str) -> list[Finding]:
        return _linted(path.read_bytes(), path, region)

    monkeypatch.setattr(template, "lint", lint)


@pytest.fixture
def aws_proxy(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsProxy]:  # noqa: F811 (a fixture)
    """AWS as scripted, otherwise moto; the environment points at it."""
    with serve_aws_proxy(aws) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        yield served


@pytest.fixture
def image(aws: str) -> str:  # noqa: F811 (a fixture)
    """The URI by digest of an image in ECR, whose tag is v1."""
    return push("v1")


def push(tag: str, media_type: str = MANIFEST, content: str = "") -> str:
    """Put an image of `content` (default: the tag) under `tag` into ECR; its URI by digest."""
    ecr: Any = boto3.client("ecr")
    if not ecr.describe_repositories()["repositories"]:
        ecr.create_repository(repositoryName=REPOSITORY)
    blob = {"digest": f"sha256:{hashlib.sha256((content or tag).encode()).hexdigest()}", "size": 2}
    manifest = {"schemaVersion": 2, "mediaType": media_type, "config": blob, "layers": [blob]}
    put = ecr.put_image(
        repositoryName=REPOSITORY,
        imageTag=tag,
        imageManifest=json.dumps(manifest),
        imageManifestMediaType=media_type,
    )
    return f"{REGISTRY}/{REPOSITORY}@{put['image']['imageId']['imageDigest']}"
