"""Ask a Kubernetes API server which nodes are cordoned, and which pods a node has.

Its address and credentials are in Secrets Manager, as a JSON object: `server`
(https://…), `token` of a service account that may list nodes and pods, `ca` (PEM).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from termination_policy.errors import NotCertain
from termination_policy.strategy import StrategyContext

PAGE = "500"
_REMEDY = "see the API server's log; check the server and the token's permissions"


class Kubernetes:
    """One API server, for one invocation.

    Methods raise NotCertain, DeadlinePassed and urllib3's errors.
    """

    def __init__(self, secret: str, context: StrategyContext) -> None:
        """Read the secret."""
        import ssl

        import urllib3

        text = context.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        try:
            found = json.loads(text)
            server, token, ca = str(found["server"]), str(found["token"]), str(found["ca"])
            ssl_context = ssl.create_default_context(cadata=ca)
        except (ValueError, KeyError, TypeError, ssl.SSLError):
            # Neither chained nor quoted: it would show the token.
            raise NotCertain(
                f"the secret {secret} is not an object with server, token and ca", "correct it"
            ) from None
        if not server.startswith("https://"):
            raise NotCertain(
                f"the server in {secret} is not https://…, and a token is sent there", "correct it"
            )
        self._context = context
        self._server = server.rstrip("/")
        self._pool = urllib3.PoolManager(
            ssl_context=ssl_context, headers={"Authorization": f"Bearer {token}"}
        )

    def cordoned(self) -> dict[str, str]:
        """Return the names of cordoned nodes by instance id."""
        nodes: dict[str, str] = {}
        for node in self._all("/api/v1/nodes", "spec.unschedulable=true"):
            spec = node["spec"]
            kind, _, rest = str(spec.get("providerID", "")).partition("://")  # aws:///zone/i-…
            if kind == "aws" and spec.get("unschedulable") is True:
                nodes[rest.rpartition("/")[2]] = node["metadata"]["name"]
        return nodes

    def pods(self, node: str) -> Iterator[dict[str, Any]]:
        """Return the pods of a node, of all namespaces."""
        return self._all("/api/v1/pods", f"spec.nodeName={node}")

    def _all(self, path: str, selector: str) -> Iterator[dict[str, Any]]:
        fields = {"fieldSelector": selector, "limit": PAGE}
        while True:
            page = self._get(path, fields)
            if not isinstance(page.get("items"), list):
                raise NotCertain(f"the Kubernetes response to {path} has no items", _REMEDY)
            yield from page["items"]
            more = (page.get("metadata") or {}).get("continue")
            if not more:
                return
            fields = {**fields, "continue": more}

    def _get(self, path: str, fields: dict[str, str]) -> dict[str, Any]:
        self._context.deadline.check()
        answer = self._pool.request(
            "GET",
            self._server + path,
            fields=fields,
            retries=False,
            redirect=False,
            timeout=max(self._context.deadline.left(), 0.01),
        )
        if answer.status != 200:
            raise NotCertain(f"Kubernetes answered {path} with {answer.status}", _REMEDY)
        page = answer.json()
        if not isinstance(page, dict):
            raise NotCertain(f"the Kubernetes response to {path} is not an object", _REMEDY)
        return page
