"""`rie publish-runtime` from checkout to alias: a real registry and engine, Lambda played here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from rie.aws.publish import command as publishing
from rie.aws.publish import runtime
from rie.aws.push import preflight
from rie.aws.push.blockers import PushBlocked, PushBlocker
from rie.aws.push.preflight import Doctor
from rie.cli import CommandParser
from rie.errors import UserError
from rie.images.local_bases import STAND_IN_LABEL
from tests.integration.rie.aws.push.conftest import Load, Pushed
from tests.support.aws import ACCOUNT, REGION
from tests.support.aws_proxy import Call, Reply, json_fault, serve
from tests.support.checkout import VERSION, Checkout
from tests.support.registry import Server
from tests.support.small_images import OTHER, OWN

ROOT_PATH = "/2026-10-01/runtimes"
ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:runtime/surefoot"
STABLE = "stable-" + {"amd64": "x86_64", "arm64": "arm64"}[OWN]
NOTES = "- what is new"


@dataclass
class Runtimes:
    """Lambda's API of one runtime, by path; a version becomes ACTIVE when it is looked at."""

    url: str = ""
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)

    def reply(self, call: Call) -> Reply | None:
        path = call.path.partition("?")[0]
        if not path.startswith(ROOT_PATH):
            return None
        body = json.loads(call.body or b"null")
        self.calls.append((call.method, path.removeprefix(ROOT_PATH), body))
        if call.method == "GET":
            return self._get(path)
        if call.method == "POST":
            path = f"{path}/{body['Name']}"
        made = {**self.resources.get(path, {"State": "CREATING"}), **body}
        made |= self._describe(path, made.get("ImageUri", ""))
        if not body.get("DryRun"):
            self.resources[path] = made
        return Reply(200, json.dumps(made).encode())

    def _get(self, path: str) -> Reply:
        if path.endswith("/versions"):
            found = [each for name, each in self.resources.items() if name.startswith(f"{path}/")]
            return Reply(200, json.dumps({"Items": found}).encode())
        if path not in self.resources:
            return json_fault("ResourceNotFoundException", "none", 404)
        self.resources[path]["State"] = "ACTIVE"
        return Reply(200, json.dumps(self.resources[path]).encode())

    def _describe(self, path: str, image: str) -> dict[str, Any]:
        arn = f"{ARN}{path.removeprefix(f'{ROOT_PATH}/surefoot')}"
        times = {"Created": "2026-11-26T10:00:00Z", "LastModified": "2026-11-26T10:00:00Z"}
        return {"Arn": arn, "ResolvedUri": image, "RuntimeVersionArn": arn, **times}


@pytest.fixture
def lambda_core(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtimes]:
    monkeypatch.setattr(runtime, "POLL_INTERVAL_S", 0)
    with serve(Runtimes(), aws) as served:
        monkeypatch.setenv("AWS_ENDPOINT_URL", served.url)
        yield served


Publish = Callable[..., Pushed]


@pytest.fixture
def publishing_from(
    lambda_core: Runtimes,
    registry_server: Server,
    repository: str,
    checkout: Checkout,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Publish:
    """Run `rie publish-runtime` in the checkout, in this process, with a doctor of one's own."""
    (checkout.root / "CHANGELOG.md").write_text(f"## {VERSION}\n\nLifecycle: PREVIEW\n\n{NOTES}\n")
    checkout.commit()
    for module in (preflight, publishing):
        monkeypatch.setattr(module, "ROOT", checkout.root)

    def published(image: str, *words: str, doctor: Doctor = lambda _: []) -> Pushed:
        parser = CommandParser("rie publish-runtime")
        publishing.add_arguments(parser)
        capsys.readouterr()
        where = ["--repository", repository, "--registry", registry_server.address, "--create"]
        options = parser.parse_args(["--image", image, *where, *words])
        assert publishing.execute(options, doctor=doctor) == 0
        return Pushed(*capsys.readouterr())

    return published


def test_pushes_creates_waits_and_shows_how_a_zip_function_uses_it(
    publishing_from: Publish, lambda_core: Runtimes, load: Load, checkout: Checkout, repository: str
) -> None:
    done = publishing_from(load("runtime"))
    config = f"RuntimeArn={ARN},RuntimeAlias={STABLE}"
    assert done.out == f"{config}\n"
    assert f"--runtime custom --runtime-config {config}" in done.err
    assert f"--architectures {STABLE.removeprefix('stable-')}" in done.err
    written = [each for each in lambda_core.calls if each[0] != "GET"]
    uri = written[2][2]["ImageUri"]
    host = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    assert uri.startswith(f"{host}/{repository}@sha256:")
    version = {"Name": checkout.tag, "ImageUri": uri, "ReleaseNotes": NOTES}
    assert written == [
        (
            "POST",
            "",
            {
                "Name": "surefoot",
                "Description": runtime.DESCRIPTION,
                "LicenseInfo": "Apache-2.0",
                "Tags": {"created-by": "surefoot"},
                "ReleaseLifecycle": {"ReleaseState": "PREVIEW"},
            },
        ),
        ("POST", "/surefoot/versions", {**version, "DryRun": True}),
        ("POST", "/surefoot/versions", version),
        ("POST", "/surefoot/aliases", {"Name": STABLE, "RuntimeVersion": checkout.tag}),
    ]


def test_a_second_time_there_is_nothing_to_do(
    publishing_from: Publish, lambda_core: Runtimes, load: Load
) -> None:
    first = publishing_from(load("runtime"))
    lambda_core.calls.clear()
    again = publishing_from(load("runtime"), "--json")
    assert {method for method, *_ in lambda_core.calls} == {"GET"}
    assert f"Nothing to do: {STABLE} points to" in again.err
    assert (again.record["changes"], again.record["alias"]) == ([], STABLE)
    assert again.record["runtime_arn"] in first.out


def test_a_new_commit_moves_the_alias_and_shows_the_way_back(
    publishing_from: Publish, lambda_core: Runtimes, load: Load, checkout: Checkout
) -> None:
    publishing_from(load("runtime"))
    before = checkout.tag
    checkout.commit()
    done = publishing_from(load("runtime", b"changed"))
    moved = ("PUT", f"/surefoot/aliases/{STABLE}", {"RuntimeVersion": checkout.tag})
    assert moved in lambda_core.calls
    assert f"--name {STABLE} --runtime-version {before}" in done.err


def test_what_a_push_refuses_is_refused_all_at_once_and_nothing_is_sent(
    publishing_from: Publish, lambda_core: Runtimes, load: Load, checkout: Checkout
) -> None:
    image = load("sick", labels={STAND_IN_LABEL: "1"}, architecture=OTHER)
    (checkout.root / "CHANGELOG.md").write_text("## Unreleased\n")
    sick = PushBlocker("var/task/.env: a secret (SF201)", "remove it")
    with pytest.raises(PushBlocked) as caught:
        publishing_from(image, doctor=lambda _: [sick])
    text = str(caught.value)
    for reason in ("CHANGELOG.md", f"linux/{OTHER}", STAND_IN_LABEL, "SF201"):
        assert reason in text
    assert lambda_core.calls == []


def test_a_botocore_without_runtimes_is_reported_before_the_push(
    publishing_from: Publish,
    load: Load,
    registry_server: Server,
    repository: str,
    checkout: Checkout,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtime, "SERVICE", "lambda-core-of-tomorrow")
    with pytest.raises(UserError, match=r"botocore \S+ has no GetRuntime"):
        publishing_from(load("runtime"))
    assert registry_server.get(f"{repository}/manifests/{checkout.tag}").status_code == 404
