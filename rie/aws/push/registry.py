"""A repository through the registry's HTTP API, independent of the engine.

Source: OCI distribution specification, "Pulling manifests" and "Pulling blobs"; ECR takes the same
token as basic authentication ("Private registry authentication", HTTP API).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from rie.aws.push.manifest import ACCEPTED
from rie.aws.push.repository import Credentials
from rie.bounded_response import read_bounded
from rie.errors import UserError

_TIMEOUT_S = (10, 60)  # to connect, and between two pieces of an answer
# Reading changes nothing, so transient errors are retried.
_RETRY = Retry(
    total=3, backoff_factor=0.25, status_forcelist=(429, 500, 502, 503, 504), raise_on_status=False
)


@dataclass(frozen=True)
class Registry:
    """One repository of a registry at `address`, a host with or without a port."""

    address: str
    repository: str
    credentials: Credentials

    @property
    def name(self) -> str:
        """The repository's name for the engine."""
        return f"{self.address}/{self.repository}"


class Blob(NamedTuple):
    """What a registry has under a name; `digest` is the one it reports, or empty."""

    body: bytes
    media_type: str
    digest: str


def manifest(registry: Registry, reference: str) -> Blob | None:
    """The manifest under a tag or digest; None where there is none. Raises UserError."""
    return _get(registry, f"manifests/{reference}", {"Accept": ", ".join(ACCEPTED)})


def blob(registry: Registry, digest: str) -> Blob | None:
    """The blob `digest`, whole in memory: for configs. Raises UserError."""
    return _get(registry, f"blobs/{digest}", {})


def _get(registry: Registry, path: str, headers: dict[str, str]) -> Blob | None:
    url = f"https://{registry.address}/v2/{registry.repository}/{path}"
    user = registry.credentials
    with _explain_errors(registry.address), requests.Session() as session:
        session.mount("https://", HTTPAdapter(max_retries=_RETRY))
        # A redirect to another host, as ECR's for blobs, is followed without the password:
        # requests drops it.
        answer = session.get(
            url,
            headers=headers,
            auth=(user.username, user.password),
            timeout=_TIMEOUT_S,
            stream=True,
        )
        body = read_bounded(answer, f"the registry {registry.address}")
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return None
    if answer.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise UserError(
            f"the registry {registry.address} does not allow reading {registry.repository} "
            f"(HTTP {answer.status_code})",
            "allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on it in your policy",
        )
    if answer.status_code != HTTPStatus.OK:
        raise UserError(
            f"the registry {registry.address} answered {path} with HTTP {answer.status_code}",
            "push again later: layers that were pushed are not sent again",
        )
    media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip()
    return Blob(body, media_type, answer.headers.get("Docker-Content-Digest", ""))


@contextmanager
def _explain_errors(address: str) -> Iterator[None]:
    try:
        yield
    except requests.RequestException as error:
        if "CERTIFICATE_VERIFY_FAILED" not in str(error):
            raise UserError(
                f"the registry {address} cannot be reached: {error}",
                "check the network and the address, and push again",
            ) from error
        raise UserError(
            f"the certificate of the registry {address} is not trusted: {error}",
            "put its authority's certificate into the file that REQUESTS_CA_BUNDLE names",
        ) from error
