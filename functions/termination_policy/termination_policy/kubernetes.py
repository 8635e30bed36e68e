"""Two questions to a Kubernetes API server: which nodes are cordoned, which pods does one have.

Where it is and who asks stands in a secret of Secrets Manager, a JSON object: `server`
(https://…), `token` of a service account that may list nodes and pods, `ca` (PEM).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from termination_policy.errors import Doubt
from termination_policy.strategy import Desk

PAGE = "500"


class Kubernetes:
    """One API server, for one invocation. Questions raise Doubt, TooLate, urllib3's errors."""

    def __init__(self, secret: str, desk: Desk) -> None:
        """Read the secret."""
        import ssl

        import urllib3

        text = desk.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        try:
            found = json.loads(text)
            server, token, ca = str(found["server"]), str(found["token"]), str(found["ca"])
            context = ssl.create_default_context(cadata=ca)
        except (ValueError, KeyError, TypeError, ssl.SSLError):
            # Not chained, not quoted: it would show the token.
            raise Doubt(f"the secret {secret} is no object with server, token and ca") from None
        if not server.startswith("https://"):
            raise Doubt(f"the server in {secret} is not https://…, and a token is sent there")
        self._desk = desk
        self._server = server.rstrip("/")
        self._pool = urllib3.PoolManager(
            ssl_context=context, headers={"Authorization": f"Bearer {token}"}
        )

    def cordoned(self) -> dict[str, str]:
        """Names of the nodes on which nothing new is placed, by their instance."""
        nodes: dict[str, str] = {}
        for node in self._all("/api/v1/nodes", "spec.unschedulable=true"):
            spec = node["spec"]
            kind, _, rest = str(spec.get("providerID", "")).partition("://")  # aws:///zone/i-…
            if kind == "aws" and spec.get("unschedulable") is True:
                nodes[rest.rpartition("/")[2]] = node["metadata"]["name"]
        return nodes

    def pods(self, node: str) -> Iterator[dict[str, Any]]:
        """The pods of a node, of every namespace."""
        return self._all("/api/v1/pods", f"spec.nodeName={node}")

    def _all(self, path: str, selector: str) -> Iterator[dict[str, Any]]:
        fields = {"fieldSelector": selector, "limit": PAGE}
        while True:
            page = self._get(path, fields)
            if not isinstance(page.get("items"), list):
                raise Doubt(f"{path} of Kubernetes has no items")
            yield from page["items"]
            more = (page.get("metadata") or {}).get("continue")
            if not more:
                return
            fields = {**fields, "continue": more}

    def _get(self, path: str, fields: dict[str, str]) -> dict[str, Any]:
        self._desk.deadline.check()
        answer = self._pool.request(
            "GET",
            self._server + path,
            fields=fields,
            retries=False,
            redirect=False,
            timeout=max(self._desk.deadline.left(), 0.01),
        )
        if answer.status != 200:
            raise Doubt(f"{path} of Kubernetes was answered with {answer.status}")
        page = answer.json()
        if not isinstance(page, dict):
            raise Doubt(f"{path} of Kubernetes is no object")
        return page
