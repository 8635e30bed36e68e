"""A customer-managed runtime in an account: created, versioned, and its alias moved.

Everything can be repeated: what is as it should be stays untouched. AWS Lambda Developer Guide,
"Customer-managed runtimes"; AWS Lambda Core API reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rie.aws.account import Account, explain_errors
from rie.aws.publish.release import Release
from rie.aws.push.repository import RESOURCE_TAGS
from rie.console import print_progress
from rie.errors import UserError

JSON_VERSION = 1
POLL_INTERVAL_S = 2
SERVICE = "lambda-core"
OPERATIONS = (
    *["GetRuntime", "CreateRuntime", "UpdateRuntime"],
    *["ListRuntimeVersions", "CreateRuntimeVersion", "GetRuntimeVersion"],
    *["GetRuntimeAlias", "CreateRuntimeAlias", "UpdateRuntimeAlias"],
)
DESCRIPTION = "surefoot: a runtime for Python functions"
LICENSE = "Apache-2.0"
# RuntimeName, and RuntimeVersionName and RuntimeAliasName; botocore checks lengths alone.
_NAME = re.compile(r"[a-z0-9]([a-z0-9_.-]{0,126})?[a-z0-9]")
_ALIAS = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?")
_GOING = frozenset(["PENDING_DELETION", "DELETING"])


@dataclass(frozen=True)
class RuntimeRequest:
    """What to publish. `image_uri` is by digest, `architecture` x86_64 or arm64."""

    name: str
    version: str
    alias: str
    image_uri: str
    architecture: str
    release: Release
    wait_s: int = 300

    @property
    def digest(self) -> str:
        """The image's digest."""
        return self.image_uri.rpartition("@")[2]


@dataclass(frozen=True)
class PublishedRuntime:
    """The runtime in the account; `changes` says what was done, and is empty if nothing was."""

    runtime_arn: str
    alias: str
    version: str
    previous_version: str | None
    image_uri: str
    architecture: str
    changes: tuple[str, ...]

    @property
    def config(self) -> str:
        """The value of a function's --runtime-config."""
        return f"RuntimeArn={self.runtime_arn},RuntimeAlias={self.alias}"

    def record(self) -> dict[str, Any]:
        """For --json; `format` changes when a key changes its meaning."""
        return {"format": JSON_VERSION, **asdict(self)}


def check_names(name: str, alias: str) -> None:
    """Raise UserError for names that Lambda would reject."""
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} cannot be the name of a runtime",
            "name one with --runtime: 2 to 128 lower case letters, digits, _ . - between them",
        )
    if not _ALIAS.fullmatch(alias):
        raise UserError(
            f"{alias!r} cannot be the name of a runtime's alias",
            "name one with --alias: up to 128 letters, digits and _, with . - between them",
        )


def open_client(account: Account) -> Any:
    """The client of Lambda's API of runtimes. Raises UserError where boto3 does not know it."""
    import botocore
    from botocore.exceptions import UnknownServiceError

    try:
        client = account.client(SERVICE)
        known = set(client.meta.service_model.operation_names)
    except UnknownServiceError:
        known = set()
    missing = [name for name in OPERATIONS if name not in known]
    if missing:
        raise UserError(
            f"botocore {botocore.__version__} has no {', '.join(missing)} of {SERVICE}",
            "upgrade it: .venv/bin/python -m pip install --upgrade boto3 (1.44 knows them)",
        )
    return client


def publish_runtime(client: Any, request: RuntimeRequest) -> PublishedRuntime:
    """Make the alias of `request` point to a version of its image. Raises UserError."""
    with explain_errors():
        return _Publication(client, request).run()


class _Publication:
    def __init__(self, client: Any, request: RuntimeRequest) -> None:
        self._client = client
        self._request = request
        self._changes: list[str] = []

    def run(self) -> PublishedRuntime:
        request = self._request
        runtime = self._ensure_runtime()
        version = self._ensure_version()
        self._update_lifecycle(runtime)
        previous = self._move_alias(version)
        return PublishedRuntime(
            runtime_arn=runtime["Arn"],
            alias=request.alias,
            version=version,
            previous_version=previous,
            image_uri=request.image_uri,
            architecture=request.architecture,
            changes=tuple(self._changes),
        )

    def _note(self, change: str) -> None:
        self._changes.append(change)
        print_progress(f"  {change}")

    def _ensure_runtime(self) -> Mapping[str, Any]:
        request = self._request
        try:
            return self._get_runtime()
        except self._client.exceptions.ResourceNotFoundException:
            pass
        lifecycle = request.release.lifecycle
        options = {"ReleaseLifecycle": lifecycle} if lifecycle else {}
        try:
            created: Mapping[str, Any] = self._client.create_runtime(
                Name=request.name,
                Description=DESCRIPTION,
                LicenseInfo=LICENSE,
                Tags=RESOURCE_TAGS,
                **options,
            )
        except self._client.exceptions.ResourceConflictException:
            # Another publication was faster, or the answer to our first attempt was lost.
            return self._get_runtime()
        self._note(f"created the runtime {request.name}")
        return created

    def _get_runtime(self) -> Mapping[str, Any]:
        name = self._request.name
        found: Mapping[str, Any] = self._client.get_runtime(RuntimeName=name)
        state = found.get("State", "ACTIVE")
        if state in _GOING:
            raise _make_going(f"the runtime {name}", state, f"--runtime-name {name}")
        if state != "ACTIVE":
            raise UserError(
                f"the runtime {name} is {state}",
                f"delete it (aws {SERVICE} delete-runtime --runtime-name {name}) or name another: "
                "--runtime",
            )
        return found

    def _update_lifecycle(self, runtime: Mapping[str, Any]) -> None:
        wanted = self._request.release.lifecycle
        if not wanted or wanted == runtime.get("ReleaseLifecycle"):
            return
        # What an update leaves out may be removed.
        kept = {key: runtime[key] for key in ("Description", "LicenseInfo") if key in runtime}
        name = self._request.name
        self._client.update_runtime(RuntimeName=name, ReleaseLifecycle=wanted, **kept)
        shown = ", ".join(f"{key} {value}" for key, value in wanted.items())
        self._note(f"set the lifecycle of {name}: {shown}")

    def _ensure_version(self) -> str:
        found = self._find_version()
        if found is None:
            found = self._create_version()
        name = str(found["Name"])
        if found["State"] != "ACTIVE":
            self._await("runtime_version_active", "version", name)
        return name

    def _find_version(self) -> Mapping[str, Any] | None:
        """The version of our name, else one that has our image. Raises UserError."""
        request = self._request
        pages = self._client.get_paginator("list_runtime_versions")
        versions = [
            each
            for page in pages.paginate(RuntimeName=request.name)
            for each in page.get("Items", ())
        ]
        for each in versions:
            if each["Name"] == request.version:
                self._check_version(each)
                return each  # type: ignore[no-any-return]
        same = [each for each in versions if _digest_of(each) == request.digest]
        return next((each for each in same if each["State"] in {"ACTIVE", "CREATING"}), None)

    def _check_version(self, found: Mapping[str, Any]) -> None:
        request = self._request
        what = f"version {request.version} of the runtime {request.name}"
        if found["State"] in _GOING:
            options = f"--runtime-name {request.name} --runtime-version {request.version}"
            raise _make_going(what, found["State"], options)
        if _digest_of(found) != request.digest:
            raise UserError(
                f"{what} has another image: {found['ResolvedUri']}",
                "versions are immutable: commit a change, build again and push",
            )

    def _create_version(self) -> Mapping[str, Any]:
        request = self._request
        fields = {
            "RuntimeName": request.name,
            "Name": request.version,
            "ImageUri": request.image_uri,
            "ReleaseNotes": request.release.notes,
        }
        self._client.create_runtime_version(**fields, DryRun=True)
        try:
            created: Mapping[str, Any] = self._client.create_runtime_version(**fields)
        except self._client.exceptions.ResourceConflictException:
            created = self._client.get_runtime_version(
                RuntimeName=request.name, Name=request.version
            )
            self._check_version(created)
        self._note(f"created version {request.version} of {request.digest}")
        return created

    def _move_alias(self, version: str) -> str | None:
        """Point the alias to `version`; the version that it had."""
        request = self._request
        try:
            found = self._client.get_runtime_alias(RuntimeName=request.name, Name=request.alias)
        except self._client.exceptions.ResourceNotFoundException:
            self._create_alias(version)
            return None
        self._check_alias(found)
        previous = str(found["RuntimeVersion"])
        if previous != version:
            # What an update leaves out is removed.
            kept = {key: found[key] for key in ("Description", "ReleaseLifecycle") if key in found}
            found = self._client.update_runtime_alias(
                RuntimeName=request.name, Name=request.alias, RuntimeVersion=version, **kept
            )
            self._note(f"moved the alias {request.alias} from {previous} to {version}")
        if found["State"] != "ACTIVE":
            self._await("runtime_alias_active", "alias", request.alias)
        return previous if previous != version else None

    def _create_alias(self, version: str) -> None:
        request = self._request
        created = self._client.create_runtime_alias(
            RuntimeName=request.name, Name=request.alias, RuntimeVersion=version
        )
        self._note(f"created the alias {request.alias} for {version}")
        if created["State"] != "ACTIVE":
            self._await("runtime_alias_active", "alias", request.alias)

    def _check_alias(self, found: Mapping[str, Any]) -> None:
        request = self._request
        what = f"the alias {request.alias} of the runtime {request.name}"
        if found["State"] in _GOING:
            options = f"--runtime-name {request.name} --runtime-alias {request.alias}"
            raise _make_going(what, found["State"], options)
        served = found.get("Compatibility", {}).get("Architectures", ())
        lost = [each for each in served if each != request.architecture]
        if lost:
            raise UserError(
                f"{what} serves {', '.join(lost)} functions, and the image is for "
                f"{request.architecture}",
                "use an alias for each architecture: --alias NAME",
            )

    def _await(self, waiter: str, what: str, name: str) -> None:
        from botocore.exceptions import ClientError, WaiterError

        request = self._request
        print_progress(f"  waiting for the {what} {name} to become ACTIVE …")
        attempts = max(1, request.wait_s // max(1, POLL_INTERVAL_S))
        config = {"Delay": POLL_INTERVAL_S, "MaxAttempts": attempts}
        try:
            self._client.get_waiter(waiter).wait(
                RuntimeName=request.name, Name=name, WaiterConfig=config
            )
        except WaiterError as error:
            answer: Any = error.last_response
            if "State" not in answer:  # the call itself failed
                raise ClientError(answer, f"GetRuntime{what.title()}") from error
            raise self._make_failed(what, name, str(answer["State"])) from error

    def _make_failed(self, what: str, name: str, state: str) -> UserError:
        request = self._request
        subject = f"{what} {name} of the runtime {request.name}"
        show = f"aws {SERVICE} get-runtime-{what} --runtime-name {request.name} --name {name}"
        if state != "FAILED":
            return UserError(
                f"{subject} is still {state} after {request.wait_s} s",
                f"look again later ({show}) and repeat, or wait longer: --wait SECONDS",
            )
        return UserError(
            f"{subject} is FAILED: {self._find_reason()}",
            "remove the reason, delete the version "
            f"(aws {SERVICE} delete-runtime-version --runtime-name {request.name} --name {name}), "
            "and publish an image of a new commit: the name stays reserved for days",
        )

    def _find_reason(self) -> str:
        """Why a version failed. The API has no member for it; a dry run of the image may say it."""
        from botocore.exceptions import ClientError

        request = self._request
        try:
            self._client.create_runtime_version(
                RuntimeName=request.name,
                Name=f"{request.version[:120]}_reason",
                ImageUri=request.image_uri,
                DryRun=True,
            )
        except ClientError as error:
            fault = error.response["Error"]
            return f"a dry run of its image says {fault['Code']}: {fault['Message']}"
        return "Lambda names no reason, and a dry run of its image succeeds"


def _digest_of(version: Mapping[str, Any]) -> str:
    return str(version["ResolvedUri"]).rpartition("@")[2]


def _make_going(what: str, state: str, options: str) -> UserError:
    return UserError(
        f"{what} is {state}",
        f"restore it while it waits (aws {SERVICE} restore-runtime {options}), or use another name",
    )
