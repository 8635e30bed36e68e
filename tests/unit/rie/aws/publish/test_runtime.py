"""A runtime is published with these requests, which botocore's own model accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import botocore
import pytest
from botocore.stub import Stubber

from rie.aws.account import Account
from rie.aws.publish import runtime
from rie.aws.publish.release import Release
from rie.aws.publish.runtime import PublishedRuntime, RuntimeRequest, publish_runtime
from rie.errors import UserError

ARN = "arn:aws:lambda:eu-west-1:123456789012:runtime/surefoot"
DIGEST = f"sha256:{'a' * 64}"
OTHER = f"sha256:{'b' * 64}"
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/surefoot"
URI = f"{REPOSITORY}@{DIGEST}"
VERSION = "0.1.0-c4665199408d-amd64"
TIMES = {"Created": "2026-11-26T10:00:00Z", "LastModified": "2026-11-26T10:00:00Z"}
LIFECYCLE = {"ReleaseState": "GA", "DeprecationDate": "2029-01-31"}
ANY_RUNTIME = {"RuntimeName": "surefoot"}
THE_VERSION = {"RuntimeName": "surefoot", "Name": VERSION}
THE_ALIAS = {"RuntimeName": "surefoot", "Name": "stable"}
NEW_VERSION = {**THE_VERSION, "ImageUri": URI, "ReleaseNotes": "- a thing"}


class Script:
    """Requests in the order in which they must come, each with its answer."""

    def __init__(self) -> None:
        self.session = boto3.Session("any", "any", region_name="eu-west-1")
        self.client = Account("123456789012", "eu-west-1", self.session).client("lambda-core")
        self.stubber = Stubber(self.client)

    def __call__(self, operation: str, request: dict[str, Any], **answer: Any) -> None:
        self.stubber.add_response(operation, answer, request)

    def refuse(self, operation: str, request: dict[str, Any], code: str, text: str = "no") -> None:
        self.stubber.add_client_error(operation, code, text, expected_params=request)

    def runtime(self, **members: Any) -> None:
        self("get_runtime", ANY_RUNTIME, **{**runtime_answer(), "State": "ACTIVE", **members})

    def versions(self, *found: dict[str, Any]) -> None:
        self("list_runtime_versions", ANY_RUNTIME, Items=list(found))

    def alias(self, version: str = VERSION, **members: Any) -> None:
        self("get_runtime_alias", THE_ALIAS, **alias_answer(version, **members))

    def publish(self, lifecycle: dict[str, str] | None = None) -> PublishedRuntime:
        release = Release("- a thing", lifecycle or {})
        request = RuntimeRequest("surefoot", VERSION, "stable", URI, "x86_64", release, 4)
        with self.stubber:
            published = publish_runtime(self.client, request)
        self.stubber.assert_no_pending_responses()
        return published

    def fail(self, reason: str) -> UserError:
        with pytest.raises(UserError, match=reason) as caught:
            self.publish()
        self.stubber.assert_no_pending_responses()
        return caught.value


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setattr(runtime, "POLL_INTERVAL_S", 0)
    made = Script()
    yield made
    made.client.close()


def runtime_answer() -> dict[str, Any]:
    return {"Arn": ARN, "Name": "surefoot", "Description": "ours", **TIMES}


def version_answer(
    state: str = "ACTIVE", name: str = VERSION, digest: str = DIGEST
) -> dict[str, Any]:
    arn, uri = f"{ARN}/version/{name}", f"{REPOSITORY}@{digest}"
    return {"Name": name, "Arn": arn, "ResolvedUri": uri, "State": state, **TIMES}


def alias_answer(version: str = VERSION, state: str = "ACTIVE", **members: Any) -> dict[str, Any]:
    version_arn = f"{ARN}/version/{version}"
    answer = {"Name": "stable", "Arn": f"{ARN}/alias/stable", "RuntimeVersion": version}
    return {**answer, "RuntimeVersionArn": version_arn, "State": state, **TIMES, **members}


def test_the_first_time_everything_is_created_and_waited_for(script: Script) -> None:
    script.refuse("get_runtime", ANY_RUNTIME, "ResourceNotFoundException")
    script(
        "create_runtime",
        {
            "Name": "surefoot",
            "Description": "surefoot: a runtime for Python functions",
            "LicenseInfo": "Apache-2.0",
            "Tags": {"created-by": "surefoot"},
            "ReleaseLifecycle": LIFECYCLE,
        },
        **runtime_answer(),
        ReleaseLifecycle=LIFECYCLE,
    )
    script.versions()
    script("create_runtime_version", {**NEW_VERSION, "DryRun": True}, **version_answer("CREATING"))
    script("create_runtime_version", NEW_VERSION, **version_answer("CREATING"))
    script("get_runtime_version", THE_VERSION, **version_answer("CREATING"))
    script("get_runtime_version", THE_VERSION, **version_answer())
    script.refuse("get_runtime_alias", THE_ALIAS, "ResourceNotFoundException")
    new_alias = {**THE_ALIAS, "RuntimeVersion": VERSION}
    script("create_runtime_alias", new_alias, **alias_answer(state="CREATING"))
    script("get_runtime_alias", THE_ALIAS, **alias_answer(state="CREATING"))
    script("get_runtime_alias", THE_ALIAS, **alias_answer())
    published = script.publish(LIFECYCLE)
    assert published.config == f"RuntimeArn={ARN},RuntimeAlias=stable"
    assert json.loads(json.dumps(published.record())) == {
        "format": 1,
        "runtime_arn": ARN,
        "alias": "stable",
        "version": VERSION,
        "previous_version": None,
        "image_uri": URI,
        "architecture": "x86_64",
        "changes": [
            "created the runtime surefoot",
            f"created version {VERSION} of {DIGEST}",
            f"created the alias stable for {VERSION}",
        ],
    }


def test_the_same_image_again_is_nothing_to_do(script: Script) -> None:
    script.runtime(ReleaseLifecycle=LIFECYCLE)
    script.versions(version_answer(name="0.0.9", digest=OTHER), version_answer())
    script.alias()
    published = script.publish(LIFECYCLE)
    assert (published.changes, published.previous_version) == ((), None)


def test_an_image_that_another_version_has_gets_no_second_version(script: Script) -> None:
    script.runtime()
    script.versions(version_answer("FAILED", "first"), version_answer(name="second"))
    script.alias("second")
    published = script.publish()
    assert (published.version, published.changes) == ("second", ())


def test_versions_on_a_later_page_count(script: Script) -> None:
    script.runtime()
    first = version_answer(name="0.0.9", digest=OTHER)
    script("list_runtime_versions", ANY_RUNTIME, Items=[first], NextToken="more")
    next_page = {**ANY_RUNTIME, "NextToken": "more"}
    script("list_runtime_versions", next_page, Items=[version_answer()])
    script.alias()
    assert script.publish().changes == ()


def test_a_new_image_moves_the_alias_and_keeps_what_belongs_to_it(script: Script) -> None:
    script.runtime()
    script.versions(version_answer(name="0.0.9", digest=OTHER))
    script("create_runtime_version", {**NEW_VERSION, "DryRun": True}, **version_answer("CREATING"))
    script("create_runtime_version", NEW_VERSION, **version_answer())
    kept = {"Description": "for all", "ReleaseLifecycle": {"ReleaseState": "PREVIEW"}}
    script.alias("0.0.9", **kept)
    script(
        "update_runtime_alias",
        {**THE_ALIAS, "RuntimeVersion": VERSION, **kept},
        **{**alias_answer(state="UPDATING"), "RuntimeName": "surefoot"},
    )
    script("get_runtime_alias", THE_ALIAS, **alias_answer())
    published = script.publish()
    assert published.previous_version == "0.0.9"
    assert published.changes[-1] == f"moved the alias stable from 0.0.9 to {VERSION}"


def test_another_lifecycle_is_set_and_the_rest_is_kept(script: Script) -> None:
    script.runtime(LicenseInfo="MIT", ReleaseLifecycle={"ReleaseState": "PREVIEW"})
    script.versions(version_answer())
    script(
        "update_runtime",
        {
            **ANY_RUNTIME,
            "Description": "ours",
            "LicenseInfo": "MIT",
            "ReleaseLifecycle": LIFECYCLE,
        },
        **runtime_answer(),
    )
    script.alias()
    assert script.publish(LIFECYCLE).changes == (
        "set the lifecycle of surefoot: ReleaseState GA, DeprecationDate 2029-01-31",
    )


def test_a_changelog_without_dates_leaves_those_that_are_set(script: Script) -> None:
    script.runtime(ReleaseLifecycle=LIFECYCLE)
    script.versions(version_answer())
    script.alias()
    assert script.publish().changes == ()


def test_a_version_that_another_run_creates_at_that_moment_is_ours_if_it_has_the_image(
    script: Script,
) -> None:
    script.refuse("get_runtime", ANY_RUNTIME, "ResourceNotFoundException")
    created = {
        "Name": "surefoot",
        "Description": "surefoot: a runtime for Python functions",
        "LicenseInfo": "Apache-2.0",
        "Tags": {"created-by": "surefoot"},
    }
    script.refuse("create_runtime", created, "ResourceConflictException")
    script.runtime()
    script.versions()
    script("create_runtime_version", {**NEW_VERSION, "DryRun": True}, **version_answer("CREATING"))
    script.refuse("create_runtime_version", NEW_VERSION, "ResourceConflictException")
    script("get_runtime_version", THE_VERSION, **version_answer())
    script.alias()
    assert script.publish().version == VERSION


def test_a_dry_run_that_is_refused_creates_nothing(script: Script) -> None:
    script.runtime()
    script.versions()
    script.refuse(
        "create_runtime_version",
        {**NEW_VERSION, "DryRun": True},
        "InvalidParameterValueException",
        "The image has no bootstrap.",
    )
    error = script.fail("lambda:CreateRuntimeVersion was refused")
    assert "InvalidParameterValueException" in error.reason
    assert "The image has no bootstrap." in error.reason


def test_a_version_that_fails_is_named_with_its_state_and_reason(script: Script) -> None:
    script.runtime()
    script.versions()
    script("create_runtime_version", {**NEW_VERSION, "DryRun": True}, **version_answer("CREATING"))
    script("create_runtime_version", NEW_VERSION, **version_answer("CREATING"))
    script("get_runtime_version", THE_VERSION, **version_answer("FAILED"))
    script.refuse(
        "create_runtime_version",
        {**ANY_RUNTIME, "Name": f"{VERSION}_reason", "ImageUri": URI, "DryRun": True},
        "InvalidParameterValueException",
        "Lambda may not read the image.",
    )
    error = script.fail(f"version {VERSION} of the runtime surefoot is FAILED: a dry run")
    assert error.reason.endswith("InvalidParameterValueException: Lambda may not read the image.")
    assert "delete-runtime-version --runtime-name surefoot" in error.remedy


def test_a_failed_version_is_reported_again_also_without_a_reason(script: Script) -> None:
    script.runtime()
    script.versions(version_answer("FAILED"))
    script("get_runtime_version", THE_VERSION, **version_answer("FAILED"))
    again = {**ANY_RUNTIME, "Name": f"{VERSION}_reason", "ImageUri": URI, "DryRun": True}
    script("create_runtime_version", again, **version_answer("CREATING"))
    script.fail("is FAILED: Lambda names no reason, and a dry run of its image succeeds")


def test_a_version_that_takes_too_long_is_named_with_its_state(script: Script) -> None:
    script.runtime()
    script.versions(version_answer("CREATING"))
    for _ in range(4):
        script("get_runtime_version", THE_VERSION, **version_answer("CREATING"))
    error = script.fail(f"version {VERSION} of the runtime surefoot is still CREATING after 4 s")
    assert "aws lambda-core get-runtime-version --runtime-name surefoot" in error.remedy
    assert "--wait" in error.remedy


def test_a_refused_look_while_waiting_names_the_call(script: Script) -> None:
    script.runtime()
    script.versions(version_answer("CREATING"))
    script.refuse("get_runtime_version", THE_VERSION, "AccessDeniedException", "not you")
    error = script.fail("not allowed to call lambda:GetRuntimeVersion")
    assert "allow lambda:GetRuntimeVersion" in error.remedy


def test_a_version_of_our_name_with_another_image_is_refused(script: Script) -> None:
    script.runtime()
    script.versions(version_answer(digest=OTHER), version_answer(name="same image"))
    error = script.fail(f"version {VERSION} of the runtime surefoot has another image")
    assert OTHER in error.reason
    assert "immutable" in error.remedy


@pytest.mark.parametrize("state", ["PENDING_DELETION", "DELETING"])
def test_what_is_being_deleted_is_refused_with_the_command_that_restores_it(
    script: Script, state: str
) -> None:
    script.runtime(State=state)
    error = script.fail(f"the runtime surefoot is {state}")
    assert "aws lambda-core restore-runtime --runtime-name surefoot" in error.remedy
    script.runtime()
    script.versions(version_answer(state))
    error = script.fail(f"version {VERSION} of the runtime surefoot is {state}")
    assert f"--runtime-name surefoot --runtime-version {VERSION}" in error.remedy
    script.runtime()
    script.versions(version_answer())
    script.alias(state=state)
    error = script.fail(f"the alias stable of the runtime surefoot is {state}")
    assert "--runtime-name surefoot --runtime-alias stable" in error.remedy


def test_a_failed_runtime_is_refused(script: Script) -> None:
    script.runtime(State="FAILED")
    assert "delete-runtime --runtime-name surefoot" in script.fail("surefoot is FAILED").remedy


def test_an_alias_that_serves_the_other_architecture_is_not_moved(script: Script) -> None:
    script.runtime()
    script.versions(version_answer())
    script.alias("0.0.9", Compatibility={"Architectures": ["arm64"]})
    error = script.fail("serves arm64 functions, and the image is for x86_64")
    assert "--alias" in error.remedy


@pytest.mark.parametrize("name", ["s", "Surefoot", "a/b", "-a", "a-", "a" * 129, "ä" * 3])
def test_a_runtime_name_that_lambda_would_refuse_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="cannot be the name of a runtime"):
        runtime.check_names(name, "stable")


@pytest.mark.parametrize("alias", ["", "a b", "$LATEST", "-a", "a.", "a" * 129])
def test_an_alias_that_lambda_would_refuse_is_refused(alias: str) -> None:
    with pytest.raises(UserError, match="cannot be the name of a runtime's alias"):
        runtime.check_names("surefoot", alias)


def test_names_of_either_end_of_the_rule_are_taken() -> None:
    runtime.check_names("a1", "A")
    runtime.check_names("a" * 128, f"_{'.' * 126}_")


class Session:
    """A session of a botocore that knows no runtimes: as a service, or as operations of it."""

    def __init__(self, known: tuple[str, ...] | None) -> None:
        self.region_name = "eu-west-1"
        self._known = known

    def client(self, service: str, **_: Any) -> Any:
        if self._known is None:
            raise botocore.exceptions.UnknownServiceError(
                service_name=service, known_service_names="lambda"
            )
        client = boto3.Session("any", "any", region_name="eu-west-1").client("lambda-core")
        operations = client.meta.service_model
        operations.__dict__["operation_names"] = list(self._known)
        return client


@pytest.mark.parametrize("known", [None, ("CreateNetworkConnector",)])
def test_a_botocore_without_runtimes_is_named_with_the_upgrade(
    known: tuple[str, ...] | None,
) -> None:
    account = Account("123456789012", "eu-west-1", Session(known))  # type: ignore[arg-type]
    with pytest.raises(UserError, match=f"botocore {botocore.__version__} has no") as caught:
        runtime.open_client(account)
    assert "CreateRuntimeVersion" in caught.value.reason
    assert "upgrade it" in caught.value.remedy


def test_the_pinned_botocore_knows_every_operation(script: Script) -> None:
    account = Account("123456789012", "eu-west-1", script.session)
    assert runtime.open_client(account).meta.service_model.service_name == "lambda-core"
