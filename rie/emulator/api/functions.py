"""The calls that describe functions and the account: Get… and ListFunctions."""

from __future__ import annotations

import platform
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from rie.emulator.api.requests import make_json
from rie.emulator.emulator import Emulator, HostedFunction
from rie.emulator.settings import ACCOUNT, VERSION, FunctionSettings

# An account's quotas as Lambda sets them at first; the emulator holds functions to their own.
_CONCURRENT_EXECUTIONS = 1_000
_MB, _GB = 1024**2, 1024**3


async def list_functions(request: Request) -> Response:
    """GET /2015-03-31/functions/."""
    emulator: Emulator = request.app.state.emulator
    found = [describe(each.settings) for _, each in sorted(emulator.functions.items())]
    return make_json({"Functions": found, "NextMarker": None})


async def get_function(request: Request) -> Response:
    """GET /2015-03-31/functions/{name}."""
    function = _find(request)
    concurrency = function.settings.reserved_concurrency
    body: dict[str, Any] = {
        "Configuration": describe(function.settings),
        "Code": _describe_code(function.settings),
        "Tags": {},
    }
    if concurrency is not None:
        body["Concurrency"] = {"ReservedConcurrentExecutions": concurrency}
    return make_json(body)


async def get_function_configuration(request: Request) -> Response:
    """GET /2015-03-31/functions/{name}/configuration."""
    return make_json(describe(_find(request).settings))


async def get_function_url_config(request: Request) -> Response:
    """GET /2021-10-31/functions/{name}/url."""
    settings = _find(request).settings
    body = {
        "FunctionUrl": f"{request.base_url}url/{settings.name}/",
        "FunctionArn": settings.arn,
        "AuthType": "NONE",
        "InvokeMode": settings.url.invoke_mode,
        "CreationTime": "1970-01-01T00:00:00.000Z",
        "LastModifiedTime": "1970-01-01T00:00:00.000Z",
        **({"Cors": settings.url.cors.describe()} if settings.url.cors else {}),
    }
    return make_json(body)


async def get_account_settings(request: Request) -> Response:
    """GET /2016-08-19/account-settings."""
    emulator: Emulator = request.app.state.emulator
    found = [each.settings for each in emulator.functions.values()]
    reserved = sum(each.reserved_concurrency or 0 for each in found)
    limit = {
        "TotalCodeSize": 75 * _GB,
        "CodeSizeUnzipped": 250 * _MB,
        "CodeSizeZipped": 50 * _MB,
        "ConcurrentExecutions": _CONCURRENT_EXECUTIONS,
        "UnreservedConcurrentExecutions": _CONCURRENT_EXECUTIONS - reserved,
    }
    usage = {"TotalCodeSize": 0, "FunctionCount": len(found)}
    return make_json({"AccountLimit": limit, "AccountUsage": usage})


def _find(request: Request) -> HostedFunction:
    emulator: Emulator = request.app.state.emulator
    qualifier = request.query_params.get("Qualifier")
    return emulator.find(request.path_params["name"], qualifier)[0]


def describe(settings: FunctionSettings) -> dict[str, Any]:
    """A FunctionConfiguration."""
    machine = platform.machine()
    return {
        "FunctionName": settings.name,
        "FunctionArn": settings.arn,
        "Role": f"arn:aws:iam::{ACCOUNT}:role/{settings.name}",
        **_describe_package(settings),
        "CodeSize": 0,
        "Description": "",
        "Timeout": max(1, round(settings.timeout_s)),
        "MemorySize": settings.memory_mb,
        "LastModified": "1970-01-01T00:00:00.000+0000",
        "Version": VERSION,
        "Environment": {"Variables": dict(settings.variables)},
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "Architectures": ["arm64" if machine in {"aarch64", "arm64"} else "x86_64"],
        "EphemeralStorage": {"Size": 512},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{settings.name}"},
    }


def _describe_code(settings: FunctionSettings) -> dict[str, Any]:
    if settings.zipped:  # on AWS with a Location, from which it can be downloaded
        return {"RepositoryType": "S3"}
    return {"RepositoryType": "ECR", "ImageUri": f"{settings.name}:local"}


def _describe_package(settings: FunctionSettings) -> dict[str, Any]:
    handler = settings.function.handler
    if not settings.zipped:
        return {
            "PackageType": "Image",
            "ImageConfigResponse": {"ImageConfig": {"Command": [handler]}},
        }
    runtime = f"arn:aws:lambda:{settings.region}:{ACCOUNT}:runtime/surefoot"
    return {
        "PackageType": "Zip",
        "Handler": handler,
        "Runtime": "custom",
        "RuntimeConfig": {"RuntimeArn": runtime, "RuntimeAlias": "local"},
    }
