from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from rie.emulator.http_server import Call, HttpServer, Reply
from rie.emulator.invocation import Invocation
from rie.emulator.runtime_api import PREFIX, Exchange, RuntimeApi
from tests.integration.rie.emulator.pools import run

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"


class Client:
    """Writes requests byte for byte and reads replies."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def ask(
        self, method: str, path: str, body: bytes = b"", head: str = "", prefix: str = PREFIX
    ) -> tuple[int, dict[str, str], bytes]:
        self.write(method, path, body, head, prefix)
        return await self.read()

    def write(
        self, method: str, path: str, body: bytes = b"", head: str = "", prefix: str = PREFIX
    ) -> None:
        if "Transfer-Encoding" not in head:
            head += f"Content-Length: {len(body)}\r\n"
        request = f"{method} {prefix}{path} HTTP/1.1\r\nHost: api\r\n{head}\r\n"
        self.writer.write(request.encode("latin-1") + body)

    async def read(self) -> tuple[int, dict[str, str], bytes]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in pairs}
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(first.split()[1]), headers, body

    async def at_end(self) -> bool:
        return await self._reader.read() == b""


class Api:
    """A Runtime API with a server; `changes` counts its calls of on_change."""

    def __init__(self, concurrency: int = 1) -> None:
        self.changed = asyncio.Event()
        self.runtime = RuntimeApi(self.changed.set, concurrency)
        self.server = HttpServer(self._handle)
        self.clients: list[Client] = []

    async def _handle(self, call: Call) -> Reply:
        return await self.runtime.handle(call, call.target.removeprefix(PREFIX))

    async def connect(self) -> Client:
        host, port = self.server.address.split(":")
        client = Client(*await asyncio.open_connection(host, int(port)))
        self.clients.append(client)
        return client

    async def wait_parked(self, *, parked: bool = True) -> None:
        while self.runtime.parked is not parked:
            self.changed.clear()
            await self.changed.wait()

    async def deliver(self, client: Client, event: bytes = b"{}") -> Exchange:
        """An invocation that the client has received."""
        client.write("GET", "invocation/next")
        await self.wait_parked()
        exchange = self.runtime.send(Invocation(event, ARN))
        status, headers, body = await client.read()
        assert (status, body) == (200, event)
        assert headers["lambda-runtime-aws-request-id"] == exchange.invocation.request_id
        return exchange


@asynccontextmanager
async def serving(concurrency: int = 1) -> AsyncIterator[Api]:
    api = Api(concurrency)
    await api.server.start()
    try:
        yield api
    finally:
        for client in api.clients:
            client.writer.close()
            with contextlib.suppress(OSError):
                await client.writer.wait_closed()
        api.server.stop()


def test_next_carries_every_header_that_is_known() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            client.write("GET", "invocation/next")
            await api.wait_parked()
            invocation = Invocation(
                b"[1]", ARN, client_context='{"a":1}', identity="{}", tenant_id="blue"
            )
            invocation.deadline_ms = 1234
            api.runtime.send(invocation)
            status, headers, body = await client.read()
            assert (status, body) == (200, b"[1]")
            found = {name: text for name, text in headers.items() if name.startswith("lambda-")}
            assert found == {
                "lambda-runtime-aws-request-id": invocation.request_id,
                "lambda-runtime-deadline-ms": "1234",
                "lambda-runtime-invoked-function-arn": ARN,
                "lambda-runtime-trace-id": invocation.trace_id,
                "lambda-runtime-client-context": '{"a":1}',
                "lambda-runtime-cognito-identity": "{}",
                "lambda-runtime-aws-tenant-id": "blue",
            }

    run(test)


def test_a_response_is_accepted_once() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            exchange = await api.deliver(client)
            path = f"invocation/{exchange.invocation.request_id}/response"
            status, _, body = await client.ask("POST", path, b'"done"')
            assert (status, json.loads(body)) == (202, {"status": "OK"})
            exchange.invocation.answer.finish(exchange.failure)
            assert await exchange.invocation.answer.read() == b'"done"'
            for kind in ("response", "error"):
                again = f"invocation/{exchange.invocation.request_id}/{kind}"
                status, _, body = await client.ask("POST", again, b"{}")
                assert status == 403
                assert json.loads(body)["errorType"] == "InvalidStateTransition"
            api.runtime.forget(exchange)
            assert (await client.ask("POST", path))[0] == 400

    run(test)


@pytest.mark.parametrize(
    ("header", "recorded"),
    [
        ("Function.ValueError", "Function.ValueError"),
        ("Runtime.ImportModuleError", "Runtime.ImportModuleError"),
        ("my own", "Runtime.Unknown"),
        ("Function.With Space", "Runtime.Unknown"),
    ],
)
def test_an_error_type_that_is_malformed_is_recorded_as_unknown(header: str, recorded: str) -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            exchange = await api.deliver(client)
            path = f"invocation/{exchange.invocation.request_id}/error"
            head = f"Lambda-Runtime-Function-Error-Type: {header}\r\n"
            assert (await client.ask("POST", path, b'{"errorMessage": "m"}', head))[0] == 202
            assert exchange.failure is not None
            assert exchange.failure.error_type == recorded
            assert exchange.failure.message == "m"

    run(test)


def test_a_streamed_response_ends_with_trailers() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            exchange = await api.deliver(client)
            path = f"invocation/{exchange.invocation.request_id}/response"
            head = (
                "Lambda-Runtime-Function-Response-Mode: streaming\r\nContent-Type: text/plain\r\n"
                "Transfer-Encoding: chunked\r\nTrailer: Lambda-Runtime-Function-Error-Type, "
                "Lambda-Runtime-Function-Error-Body\r\n"
            )
            error = base64.b64encode(b'{"errorMessage": "late"}').decode()
            body = (
                "3\r\none\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.Late\r\n"
                f"Lambda-Runtime-Function-Error-Body: {error}\r\n\r\n"
            )
            assert (await client.ask("POST", path, body.encode(), head))[0] == 202
            answer = exchange.invocation.answer
            assert (answer.streamed, answer.content_type) == (True, "text/plain")
            assert exchange.failure is not None
            assert (exchange.failure.error_type, exchange.failure.message) == (
                "Function.Late",
                "late",
            )

    run(test)


def test_a_mode_other_than_streaming_is_refused() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            exchange = await api.deliver(client)
            path = f"invocation/{exchange.invocation.request_id}/response"
            head = "Lambda-Runtime-Function-Response-Mode: buffered\r\n"
            assert (await client.ask("POST", path, b"1", head))[0] == 400
            assert (await client.ask("POST", path, b"2"))[0] == 202

    run(test)


def test_a_response_over_the_limit_is_413_and_the_error_is_kept() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            exchange = await api.deliver(client)
            path = f"invocation/{exchange.invocation.request_id}/response"
            status, _, body = await client.ask("POST", path, b"x" * 6_291_557)
            assert status == 413
            assert json.loads(body)["errorType"] == "RequestEntityTooLarge"
            assert exchange.failure is not None
            assert exchange.failure.error_type == "Function.ResponseSizeTooLarge"
            assert (await client.ask("POST", path.replace("response", "error"), b"{}"))[0] == 403

    run(test)


def test_a_response_after_the_time_out_is_410() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            exchange = await api.deliver(client)
            exchange.expired = True
            path = f"invocation/{exchange.invocation.request_id}/response"
            assert (await client.ask("POST", path, b"{}"))[0] == 410

    run(test)


def test_next_is_refused_while_an_invocation_is_open() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            await api.deliver(client)
            assert (await client.ask("GET", "invocation/next"))[0] == 403

    run(test)


def test_a_poll_that_hung_up_gets_nothing_and_the_next_gets_its_invocation() -> None:
    async def test() -> None:
        async with serving() as api:
            gone = await api.connect()
            gone.write("GET", "invocation/next")
            await api.wait_parked()
            gone.writer.close()
            await api.wait_parked(parked=False)
            await api.deliver(await api.connect())

    run(test)


def test_several_polls_get_one_invocation_each() -> None:
    async def test() -> None:
        async with serving(concurrency=2) as api:
            first, second, third = [await api.connect() for _ in range(3)]
            found = {
                (await api.deliver(client)).invocation.request_id for client in (first, second)
            }
            assert len(found) == 2
            assert (await third.ask("GET", "invocation/next"))[0] == 403

    run(test)


def test_an_init_error_is_taken_until_the_first_poll() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            head = "Lambda-Runtime-Function-Error-Type: Runtime.NoHandler\r\n"
            assert (await client.ask("POST", "init/error", b"{}", head))[0] == 202
            assert api.runtime.init_failure is not None
            assert api.runtime.init_failure.error_type == "Runtime.NoHandler"
            api.runtime.reset()
            await api.deliver(client)
            assert (await client.ask("POST", "init/error", b"{}", head))[0] == 403

    run(test)


def test_a_restore_is_answered_when_the_snapshot_is_used() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            client.write("GET", "restore/next")
            while not api.runtime.restoring:
                api.changed.clear()
                await api.changed.wait()
            api.runtime.restore()
            assert (await client.read())[0] == 200
            assert (await client.ask("GET", "restore/next"))[0] == 403
            head = "Lambda-Runtime-Function-Error-Type: Runtime.Hook\r\n"
            assert (await client.ask("POST", "restore/error", b"{}", head))[0] == 202
            assert api.runtime.init_failure is not None

    run(test)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "nowhere", 404),
        ("POST", "invocation/next", 405),
        ("GET", "invocation/1/response", 405),
        ("POST", "invocation/1/response", 400),
        ("POST", "invocation/1/nothing", 404),
    ],
)
def test_other_calls_are_refused_and_the_connection_goes_on(
    method: str, path: str, status: int
) -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            assert (await client.ask(method, path, b"x"))[0] == status
            await api.deliver(client)

    run(test)


def test_a_request_id_may_hold_any_character() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            client.write("GET", "invocation/next")
            await api.wait_parked()
            api.runtime.send(Invocation(b"{}", ARN, request_id="a/b c"))
            await client.read()
            assert (await client.ask("POST", "invocation/a%2Fb%20c/response", b"1"))[0] == 202

    run(test)


def test_a_header_of_70_kb_is_taken_and_100_continue_is_sent() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            exchange = await api.deliver(client)
            path = f"invocation/{exchange.invocation.request_id}/error"
            head = f"Lambda-Runtime-Function-XRay-Error-Cause: {'x' * 70_000}\r\n"
            head += "Expect: 100-continue\r\nContent-Length: 2\r\n"
            client.writer.write(f"POST {PREFIX}{path} HTTP/1.1\r\nHost: api\r\n{head}\r\n".encode())
            assert (await client.read())[0] == 100
            client.writer.write(b"{}")
            assert (await client.read())[0] == 202

    run(test)


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
def test_requests_come_whole_in_pieces_of_any_size(step: int) -> None:
    counted = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-Long: %b\r\n\r\nhello"
    chunked = (
        b"POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n"
        b"3\r\nabc\r\n2;extension\r\nde\r\n0\r\nA: late\r\n\r\n"
    )
    bare = b"GET /c HTTP/1.1\r\nHost: a\r\n\r\n"
    sent = counted % (b"x" * 7_000) + chunked + bare
    seen = []

    async def take(call: Call) -> Reply:
        body = await call.read_body()
        seen.append((call.method, call.target, body, call.trailers))
        return Reply(202)

    async def test() -> None:
        server = HttpServer(take)
        await server.start()
        reader, writer = await asyncio.open_connection(*server.address.split(":"))
        client = Client(reader, writer)
        for start in range(0, len(sent), step):
            writer.write(sent[start : start + step])
            await writer.drain()
            await asyncio.sleep(0)
        assert [(await client.read())[0] for _ in range(3)] == [202] * 3
        writer.close()
        await writer.wait_closed()
        server.stop()

    run(test)
    assert seen == [
        ("POST", "/a", b"hello", {}),
        ("POST", "/b", b"abcde", {"a": "late"}),
        ("GET", "/c", b"", {}),
    ]


def test_what_is_not_http_is_refused_and_closed() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            client.writer.write(b"not http at all\r\n\r\n")
            assert (await client.read())[0] == 400
            assert await client.at_end()

    run(test)


def test_a_response_that_breaks_off_is_no_answer() -> None:
    async def test() -> None:
        async with serving() as api:
            client = await api.connect()
            exchange = await api.deliver(client)
            path = f"{PREFIX}invocation/{exchange.invocation.request_id}/response"
            client.writer.write(
                f"POST {path} HTTP/1.1\r\nHost: api\r\nContent-Length: 9\r\n\r\n12".encode()
            )
            client.writer.get_extra_info("socket").shutdown(socket.SHUT_WR)
            assert await client.at_end()
            assert not exchange.answered.is_set()
            assert exchange.failure is not None
            assert exchange.failure.error_type == "Runtime.TruncatedResponse"

    run(test)
