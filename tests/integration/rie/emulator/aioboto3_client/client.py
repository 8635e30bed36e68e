"""Calls an emulator by aioboto3 and prints what came as JSON: `client.py URL`."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any


async def call(url: str) -> dict[str, Any]:
    """Invocations at once, a stream, an error, and an asynchronous event."""
    import aioboto3  # type: ignore[import-not-found]

    session = aioboto3.Session(
        aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1"
    )
    async with session.client("lambda", endpoint_url=url) as client:

        async def invoke(number: int) -> Any:
            answer = await client.invoke(FunctionName="echo", Payload=json.dumps(number))
            return json.loads(await answer["Payload"].read())

        numbers = await asyncio.gather(*(invoke(number) for number in range(20)))
        streamed = await client.invoke_with_response_stream(FunctionName="stream", Payload=b"{}")
        chunks = [dict(each) async for each in streamed["EventStream"]]
        failed = await client.invoke(FunctionName="fail", Payload=b'{"how": "raise"}')
        error = json.loads(await failed["Payload"].read())
        event = await client.invoke(
            FunctionName="echo", InvocationType="Event", Payload=b'{"n": 1}'
        )
        try:
            await client.invoke(FunctionName="surefoot-no-such-function")
        except client.exceptions.ResourceNotFoundException as unknown:
            code = unknown.response["Error"]["Code"]
    text = b"".join(each["PayloadChunk"]["Payload"] for each in chunks if "PayloadChunk" in each)
    return {
        "numbers": numbers,
        "stream": text.decode(),
        "complete": "InvokeComplete" in chunks[-1],
        "function_error": failed["FunctionError"],
        "error_type": error["errorType"],
        "event_status": event["StatusCode"],
        "unknown": code,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(call(sys.argv[1]))))
