"""A Kubernetes API server over TLS, as far as the function asks: nodes and pods, by selector."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support import certificate

TOKEN = "a-service-accounts-token"
PAGE = 2  # entries of a page, so that there are several


class Cluster:
    """Nodes, pods by node, and the requests that came. `status` other than 200 refuses all."""

    def __init__(self) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.pods: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[str] = []
        self.status = 200
        self.url = ""
        self.ca = ""
        self.allow: Callable[[str], bool] = lambda sent: sent == f"Bearer {TOKEN}"

    def node(self, instance: str, *pods: dict[str, Any], cordoned: bool = True) -> None:
        """Add a node of an instance."""
        name = f"node-{instance}"
        spec = {"providerID": f"aws:///eu-west-1a/{instance}"}
        if cordoned:
            spec["unschedulable"] = True  # type: ignore[assignment] # the API leaves it out or true
        self.nodes.append({"metadata": {"name": name}, "spec": spec})
        self.pods[name] = list(pods)

    def secret(self) -> str:
        """What the function reads from Secrets Manager."""
        return json.dumps({"server": self.url, "token": TOKEN, "ca": self.ca})

    def answer(self, path: str, query: dict[str, list[str]]) -> Any:
        """A page of the list that is asked for."""
        selector = query["fieldSelector"][0]
        if path == "/api/v1/nodes":
            assert selector == "spec.unschedulable=true"
            found = [one for one in self.nodes if one["spec"].get("unschedulable")]
        else:
            found = self.pods[selector.removeprefix("spec.nodeName=")]
        begin = int(query.get("continue", ["0"])[0])
        more = {"continue": str(begin + PAGE)} if begin + PAGE < len(found) else {}
        return {"metadata": more, "items": found[begin : begin + PAGE]}


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A server on loopback; its certificate is its own authority."""
    cluster = Cluster()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            cluster.asked.append(parts.path)
            allowed = cluster.allow(self.headers["Authorization"])
            status = cluster.status if allowed else 401
            body = json.dumps(cluster.answer(parts.path, parse_qs(parts.query))).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    paths = certificate.write(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*paths)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    cluster.url = f"https://127.0.0.1:{server.server_port}"
    cluster.ca = paths[0].read_text()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield cluster
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
