"""The image of the tests: built with an engine, pushed to a real registry, and removed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import boto3
import pytest

from rie.aws.account import open_account
from rie.aws.push.blockers import PushBlocked, PushBlocker
from rie.errors import UserError
from rie.function import Function
from rie.git_checkout import GitCheckout
from rie.paths import ROOT
from tests.acceptance.__main__ import make_parser
from tests.acceptance.aws import image as images
from tests.acceptance.aws.resources import AwsResources
from tests.acceptance.functions import IMAGE, TASK, TASK_FUNCTION
from tests.integration.rie.aws.push.conftest import (  # noqa: F401 (fixtures)
    Load,
    engine,
    load,
    password,
    registry_server,
    running,
)
from tests.support import registry as server

REVISION = "1" * 40
NAME = "acceptance-push-test"


@pytest.fixture(autouse=True)
def _a_clean_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's has changes, with which nothing is pushed."""
    checkout = GitCheckout(IMAGE, ROOT, REVISION, ())
    monkeypatch.setattr(images, "read_checkout", lambda _: checkout)


def parse(base: str, *words: str) -> argparse.Namespace:
    return make_parser().parse_args(["aws", "--base", base, *words])


def test_an_image_is_built_pushed_and_removed(
    aws: str,
    engine: Any,  # noqa: F811 (a fixture)
    load: Load,  # noqa: F811 (a fixture)
    registry_server: server.Server,  # noqa: F811 (a fixture)
) -> None:
    base = load("acceptance-base")
    args = parse(base, "--registry", registry_server.address)
    images.check_push(args, NAME)
    resources = AwsResources(open_account(None), NAME)
    resources.require_absent()
    task = images.build(args, NAME, TASK_FUNCTION, doctor=lambda _: [])
    other = Function("other", TASK, "app.echo")  # in place of one that installs packages
    requests = [task, images.build(args, NAME, other, doctor=lambda _: [])]
    pushed = resources.push(lambda: images.push(requests))
    for uri in (pushed.task, pushed.scaling):
        assert f".amazonaws.com/{NAME}@sha256:" in uri
    assert pushed.task != pushed.scaling
    tags = registry_server.tags(NAME)
    assert sorted(tags) == sorted(each.tag for each in requests)
    assert all(REVISION[:12] in tag for tag in tags)
    ecr: Any = boto3.client("ecr")
    [repository] = ecr.describe_repositories()["repositories"]
    assert repository["repositoryName"] == NAME
    resources.remove()
    assert ecr.describe_repositories()["repositories"] == []


def test_its_folders_are_those_of_a_function_and_of_layers(
    engine: Any,  # noqa: F811 (a fixture)
    load: Load,  # noqa: F811 (a fixture)
) -> None:
    request = images.build(parse(load("acceptance-base")), NAME, TASK_FUNCTION, doctor=lambda _: [])
    layers = list(engine.images.get(request.image.id).save())
    text = b"".join(layers)
    for path in ("var/task/app.py", "opt/python/from_a_layer.py", "opt/wrapper"):
        assert path.encode() in text
    assert engine.images.get(request.image.id).attrs["Config"]["Cmd"] == ["app.echo"]


def test_what_the_doctor_finds_is_a_reason_not_to_push(
    load: Load,  # noqa: F811 (a fixture)
) -> None:
    args = parse(load("acceptance-base"))
    blocker = PushBlocker("it would not start", "mend it")
    with pytest.raises(PushBlocked, match="it would not start"):
        images.build(args, NAME, TASK_FUNCTION, doctor=lambda _: [blocker])


def test_a_base_image_that_is_missing_is_reported(
    engine: Any,  # noqa: F811 (a fixture)
) -> None:
    with pytest.raises(UserError, match="there is no image surefoot:no-such-base"):
        images.check_push(parse("surefoot:no-such-base"), NAME)


def test_an_uncommitted_change_is_a_reason_not_to_push(
    load: Load,  # noqa: F811 (a fixture)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    changed = GitCheckout(IMAGE, ROOT, REVISION, ("runtime/start.py",))
    monkeypatch.setattr(images, "read_checkout", lambda _: changed)
    with pytest.raises(PushBlocked, match=r"differs from its revision 1{12}: runtime/start\.py"):
        images.check_push(parse(load("acceptance-base")), NAME)


def test_a_base_of_another_revision_is_a_reason_not_to_push(
    load: Load,  # noqa: F811 (a fixture)
) -> None:
    base = load("acceptance-old", labels={"org.opencontainers.image.revision": "2" * 40})
    with pytest.raises(PushBlocked, match="was built from 2222"):
        images.check_push(parse(base), NAME)


def test_the_wrapper_can_be_executed() -> None:
    wrapper: Path = IMAGE / "opt" / "wrapper"
    assert wrapper.stat().st_mode & 0o111
    assert TASK.is_dir()
