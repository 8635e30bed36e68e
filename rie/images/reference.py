"""A reference to an image in a registry, and the digest of its tag.

Sources: OCI distribution specification ("Pulling manifests"); Docker's token authentication.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rie.bounded_response import read_bounded
from rie.errors import UserError

if TYPE_CHECKING:
    import requests

_FORM = re.compile(
    r"(?P<registry>[\w.-]+(?::\d+)?)/(?P<repository>[\w./-]+):(?P<tag>[\w.-]+)"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_KINDS = (
    "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_TIMEOUT_S = 30


@dataclass(frozen=True)
class Reference:
    """registry/repository:tag, with the digest it is pinned to or an empty string."""

    registry: str
    repository: str
    tag: str
    digest: str = ""

    def __str__(self) -> str:
        """As a Dockerfile has it."""
        pin = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.repository}:{self.tag}{pin}"


def parse(text: str) -> Reference | None:
    """The reference in `text`, which must be one with registry and tag; None for anything else.

    A name without a registry (surefoot, surefoot:latest) is an image of this machine.
    """
    found = _FORM.fullmatch(text)
    if found is None or not re.search(r"[.:]", found["registry"]):
        return None
    return Reference(found["registry"], found["repository"], found["tag"], found["digest"] or "")


def resolve_digest(reference: Reference) -> Reference:
    """The same, pinned to what the registry has under the tag now. Raises UserError."""
    import requests

    scheme = "http" if _is_loopback(reference.registry) else "https"
    path = f"v2/{reference.repository}/manifests/{reference.tag}"
    address = f"{scheme}://{reference.registry}/{path}"
    with requests.Session() as session:
        try:
            answer = session.get(
                address, headers={"Accept": _KINDS}, timeout=_TIMEOUT_S, stream=True
            )
            if answer.status_code == requests.codes.unauthorized:
                token = _token(session, answer.headers.get("WWW-Authenticate", ""))
                headers = {"Accept": _KINDS, "Authorization": f"Bearer {token}"}
                answer = session.get(address, headers=headers, timeout=_TIMEOUT_S, stream=True)
            body = read_bounded(answer, f"the registry {reference.registry}")
        except requests.RequestException as error:
            raise UserError(
                f"the registry {reference.registry} does not answer: {error}",
                "pin from a machine that reaches it",
            ) from error
    if answer.status_code != requests.codes.ok:
        raise UserError(
            f"{reference.registry} answers {answer.status_code} for {reference.repository}:"
            f"{reference.tag}",
            "correct the name or the tag in the file",
        )
    # Hash what was received; the header alone would have to be trusted.
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    reported = answer.headers.get("Docker-Content-Digest", digest)
    if reported != digest:
        raise UserError(
            f"{reference} arrived as {digest}, but its registry reports {reported}",
            "try again; a proxy between here and the registry changes its answers",
        )
    return replace(reference, digest=digest)


def _token(session: requests.Session, challenge: str) -> str:
    """The token that an anonymous pull needs; the challenge names the server that issues it."""
    parameters = dict(_CHALLENGE.findall(challenge))
    realm = parameters.pop("realm", "")
    if not realm:
        raise UserError(
            f"the registry requires an unknown kind of login: {challenge or '(none)'}",
            "pin public images only, or write the digest manually",
        )
    answer = session.get(realm, params=parameters, timeout=_TIMEOUT_S, stream=True)
    answer.raise_for_status()
    body = read_bounded(answer, f"the token server {urlsplit(realm).hostname}")
    try:
        document = json.loads(body)
        token = document.get("token") or document["access_token"]
    except (ValueError, LookupError, AttributeError) as error:
        raise UserError(
            f"the token server {urlsplit(realm).hostname} did not answer with a token",
            "try again; check proxies between here and the registry",
        ) from error
    return str(token)


def _is_loopback(registry: str) -> bool:
    host = registry.rpartition(":")[0] or registry
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
