"""Ask a Kubernetes API server which nodes are cordoned, and which pods a node has.

An EKS cluster is asked with the function's role, whose access entry may list nodes and pods. The
address and credentials of another one are in Secrets Manager, as a JSON object: `server`
(https://…), `token` of a service account that may list nodes and pods, `ca` (PEM).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from termination_policy.errors import NotCertain
from termination_policy.strategy import StrategyContext

PAGE = "500"
# EKS takes a URL that is signed for so long, and not longer. Source: aws-iam-authenticator, "API
# Authorization from Outside a Cluster".
TOKEN_EXPIRES_S = 60
_REMEDY = "see the API server's log; check the server and the token's permissions"


class Server(NamedTuple):
    """Where to ask, with what. `ca` is PEM."""

    url: str
    token: str
    ca: str


def read_secret(secret: str, context: StrategyContext) -> Server:
    """Return what the secret says. Raises NotCertain and botocore's errors."""
    context.deadline.check()
    text = context.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    try:
        found = json.loads(text)
        server = Server(str(found["server"]), str(found["token"]), str(found["ca"]))
    except (ValueError, KeyError, TypeError):
        # Neither chained nor quoted: it would show the token.
        raise NotCertain(
            f"the secret {secret} is not an object with server, token and ca", "correct it"
        ) from None
    if not server.url.startswith("https://"):
        raise NotCertain(
            f"the server in {secret} is not https://…, and a token is sent there", "correct it"
        )
    return server


def read_eks_server(cluster: str, context: StrategyContext) -> Server:
    """Return an EKS cluster's server, and a token of this role for it.

    The token is a request to STS, signed and not sent: EKS sends it to learn who asks. Raises
    NotCertain, DeadlinePassed and botocore's errors.
    """
    context.deadline.check()
    found = context.client("eks").describe_cluster(name=cluster)["cluster"]
    try:
        ca = base64.b64decode(found["certificateAuthority"]["data"], validate=True).decode()
        url = str(found["endpoint"])
    except (KeyError, TypeError, ValueError):
        raise NotCertain(
            f"EKS names no endpoint and authority of {cluster}", "wait until it is active"
        ) from None
    return Server(url, eks_token(context.client("sts"), cluster), ca)


def eks_token(sts: Any, cluster: str) -> str:
    """Return a bearer token for `cluster`, without a call."""

    def name_cluster(request: Any, **_: Any) -> None:
        request.headers["x-k8s-aws-id"] = cluster  # signed: no other cluster can use the token

    event = "before-sign.sts.GetCallerIdentity"
    sts.meta.events.register(event, name_cluster, unique_id=f"eks-{cluster}")
    signed = sts.generate_presigned_url(
        "get_caller_identity", ExpiresIn=TOKEN_EXPIRES_S, HttpMethod="GET"
    )
    return "k8s-aws-v1." + base64.urlsafe_b64encode(signed.encode()).decode().rstrip("=")


class Kubernetes:
    """One API server, for one invocation.

    Methods raise NotCertain, DeadlinePassed and urllib3's errors.
    """

    def __init__(self, server: Server, context: StrategyContext) -> None:
        """Prepare to ask. Raises NotCertain."""
        import ssl

        import urllib3

        try:
            ssl_context = ssl.create_default_context(cadata=server.ca)
        except (ssl.SSLError, ValueError):
            raise NotCertain(f"the ca of {server.url} is not PEM", "correct it") from None
        self._context = context
        self._server = server.url.rstrip("/")
        self._pool = urllib3.PoolManager(
            ssl_context=ssl_context, headers={"Authorization": f"Bearer {server.token}"}
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
