"""Files for a build that reaches no registry: served on loopback, through a proxy address.

`docker build` hands a proxy's address to its steps without taking it into the key of its cache, so
the port may be another one each time: what the steps ask for is always http://localhost/….
"""

from __future__ import annotations

import contextlib
import html
import shutil
import threading
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ORIGIN = "http://localhost"  # an address that pip takes without TLS


@contextlib.contextmanager
def serve(shelves: Mapping[str, Path]) -> Iterator[dict[str, str]]:
    """Serve each folder under its name; yields the build arguments that lead the steps here.

    The build needs the network of this machine (network_mode="host").
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(shelves))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield {"http_proxy": f"http://127.0.0.1:{server.server_address[1]}"}
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(shelves: Mapping[str, Path]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            shelf, _, name = unquote(address.path).lstrip("/").partition("/")
            folder = shelves.get(shelf)
            if address.hostname not in (None, "localhost") or folder is None:
                self.send_error(HTTPStatus.NOT_FOUND)
            elif not name:
                self._list(folder)
            else:
                self._send(folder / name, within=folder)

        def _list(self, folder: Path) -> None:
            links = "".join(
                f'<a href="{html.escape(path.name)}">{html.escape(path.name)}</a>\n'
                for path in sorted(folder.iterdir())
            )
            self._head("text/html; charset=utf-8", len(links.encode()))
            self.wfile.write(links.encode())

        def _send(self, path: Path, within: Path) -> None:
            if within.resolve() not in path.resolve().parents or not path.is_file():
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            with path.open("rb") as content:
                json = path.suffix == ".json" or not path.suffix
                kind = "application/json" if json else "application/octet-stream"
                self._head(kind, path.stat().st_size)
                shutil.copyfileobj(content, self.wfile)

        def _head(self, kind: str, length: int) -> None:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(length))
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Say nothing: pip says what it takes."""

    return Handler
