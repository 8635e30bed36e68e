"""A server in a registry's place that never stops sending."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rie.aws.push import registry as registries
from rie.aws.push.registry import Registry
from rie.aws.push.repository import Credentials
from rie.errors import UserError
from tests.support import certificate


class _Endless(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):  # until the client disconnects
            while True:
                self.wfile.write(b"x" * 65536)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    authority, key = certificate.write(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Endless) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Registry(f"127.0.0.1:{server.server_port}", "x", Credentials("AWS", "secret"))
        server.shutdown()
        thread.join()


def test_a_manifest_and_a_config_are_read_up_to_a_limit(endless: Registry) -> None:
    expected = f"the registry {endless.address} answered with more than"
    with pytest.raises(UserError, match=expected):
        registries.manifest(endless, "v1")
    with pytest.raises(UserError, match=expected):
        registries.blob(endless, f"sha256:{'0' * 64}")
