"""A function and its tests as a user writes them, for mypy --strict and pyright: never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import surefoot
from surefoot import (
    Budget,
    ContentType,
    DeadlineExceeded,
    Fault,
    HttpPrelude,
    LambdaContext,
    Marshaller,
    NoProgress,
    Resumable,
    use_marshaller,
)
from surefoot.testing import Streamed, fake_context, invoke


class AwsContext:
    """The context class of another package."""

    def get_remaining_time_in_millis(self) -> int:
        return 0


@surefoot.on_shutdown
def close() -> None: ...


@surefoot.before_snapshot
async def before() -> None: ...


surefoot.after_restore(print, "x")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    megabytes = int(context.memory_limit_in_mb)
    name: str = context.function_name
    caller: str | None = context.identity.cognito_identity_id
    pool: str | None = context.identity.cognito_identity_pool_id
    tenant: str | None = context.tenant_id
    if context.client_context and context.client_context.client:
        client = context.client_context.client
        print(client.app_title.upper(), client.installation_id.upper())
        print(client.app_version_name.upper(), client.app_version_code, client.app_package_name)
        print((context.client_context.custom or {}).get("x"))
        print((context.client_context.env or {}).get("x"))
    left: int = context.get_remaining_time_in_millis()
    context.log("x")
    return {
        "megabytes": megabytes,
        "name": name,
        "caller": [caller, pool, tenant],
        "left": [left, Budget(context).seconds],
        "arn": context.invoked_function_arn.split(":"),
        "request": context.aws_request_id.upper(),
        "log": [context.log_stream_name.upper(), context.log_group_name.upper()],
        "version": context.function_version.upper(),
    }


def stream(event: Any, context: LambdaContext) -> Iterator[str | bytes | HttpPrelude]:
    yield HttpPrelude(200, {"a": "b"}, cookies=["c=1"])
    yield "x"


def typed_stream(event: Any, context: LambdaContext) -> Iterator[str]:
    yield ContentType("text/csv")
    yield "x"


async def async_stream(event: Any, context: LambdaContext) -> AsyncIterator[str]:
    yield "x"


def long(event: dict[str, Any], context: LambdaContext) -> Any:
    work = Resumable(event, context, reserve=5.0)
    try:
        for number in work.iterate([1, 2, 3], key=lambda number: number):
            print(number + 1)
    except DeadlineExceeded as error:
        raise Fault("Function.TooSlow", str(error)) from error
    except NoProgress:
        return None
    return work.result()


class TextMarshaller(Marshaller):
    def dump(self, result: object) -> tuple[bytes, str]:
        return str(result).encode(), "text/plain"


use_marshaller(TextMarshaller())


def other_handler(event: dict[str, Any], context: AwsContext) -> str:
    return "declares the context of another package"


def test() -> None:
    assert invoke("app.handler", {"name": "x"}, timeout=3.0) == {}
    assert invoke(handler, {"name": "x"}, memory_limit_in_mb=512, function_name="f")
    streamed = invoke(stream, {})
    assert isinstance(streamed, Streamed)
    assert streamed.content_type.upper()
    context: LambdaContext = fake_context(timeout=1.0, request_id="x")
    handler({}, context)
    other_handler({}, fake_context())
