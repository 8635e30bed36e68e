"""The push itself, by the engine: repeated where that is safe, and only there.

A push can be repeated at any point: blobs are named by digest, so what arrived is not sent again,
and the tag comes last. The engine tries each layer five times by itself. We repeat the whole where
the connection was lost outside of that, as with the manifest, and never what was denied.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rie.aws.push.progress import PushProgress
from rie.aws.push.registry import Registry
from rie.console import print_progress
from rie.errors import UserError

if TYPE_CHECKING:
    from docker import DockerClient

PAUSES_S = (1.0, 4.0)  # before the second and the third attempt
# Words of the engine, of Go's network library and of ECR.
_LOST = re.compile(
    r"\bEOF\b|connection re(set|fused)|broken pipe|i/o timeout|TLS handshake|closed network|"
    r"Client\.Timeout|request canceled|http2: |too ?many ?requests|throttl|rate exceeded|"
    r"HTTP status:? (429|5\d\d)|\b50[0234] |blob upload (invalid|unknown)|"
    # Where an engine takes plain HTTP, too, it falls back to that when TLS was cut off.
    r"HTTP request to an HTTPS server",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"denied|unauthori[sz]ed|not authorized|authentication|\b40[13]\b", re.IGNORECASE
)
_TAKEN = re.compile(r"cannot be overwritten|tag is immutable|ImageTagAlreadyExists", re.IGNORECASE)
_MISSING = re.compile(r"name unknown|repository .* does not exist", re.IGNORECASE)


class UploadError(UserError):
    """The engine could not push."""


class ConnectionLostError(UploadError):
    """The way to the registry, or the registry, failed: the same push may succeed if repeated."""


class TagTakenError(UploadError):
    """The registry has the tag already and never changes one."""


def upload(
    client: DockerClient,
    registry: Registry,
    tag: str,
    *,
    patience_s: int,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Push the local image REGISTRY:tag and return the digest that the engine computed.

    `patience_s`: how long nothing may get through before the push is given up. The client's own
    timeout becomes the same. Raises UploadError.
    """
    client.api.timeout = patience_s  # for an engine that says nothing at all
    pauses_s = iter(PAUSES_S)
    while True:
        progress = PushProgress(sys.stderr)
        try:
            return _once(client, registry, tag, patience_s, progress)
        except ConnectionLostError as error:
            progress.close()
            pause_s = next(pauses_s, 0.0)
            # A layer has had the engine's five attempts: five more would not be wiser.
            if progress.retries or not pause_s:
                raise
            print_progress(f"  {error.reason}; trying again in {pause_s:.0f} s")
            pause(pause_s)
        finally:
            progress.close()


def _once(
    client: DockerClient, registry: Registry, tag: str, patience_s: int, progress: PushProgress
) -> str:
    from docker.errors import DockerException
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    user = registry.credentials
    digest = ""
    try:
        # In a header of one request to the engine; docker's configuration file is not touched.
        events = client.api.push(
            registry.name,
            tag=tag,
            stream=True,
            decode=True,
            auth_config={"username": user.username, "password": user.password},
        )
        for event in events:
            if "error" in event:
                raise failure(registry, str(event["error"]))
            progress.update(event)
            digest = (event.get("aux") or {}).get("Digest", digest)
            if time.monotonic() - progress.moved > patience_s:
                raise _stalled(registry, patience_s)
    except (DockerException, RequestException, HTTPError) as error:
        if "timed out" in str(error).lower():
            raise _stalled(registry, patience_s) from error
        raise UploadError(
            f"the engine broke off the push: {error}", "look at the engine's log"
        ) from error
    if not digest:
        raise UploadError(
            f"the engine names no digest for {registry.name}:{tag}", "look at the engine's log"
        )
    return digest


def failure(registry: Registry, text: str) -> UploadError:
    """The error that the engine's words `text` mean."""
    where = f"the registry {registry.address}"
    if _TAKEN.search(text):
        return TagTakenError(
            f"{where} keeps its tags as they are: {text}",
            "deploy the image that is there, or commit a change and build anew",
        )
    if _MISSING.search(text):
        return UploadError(
            f"{where} has no repository {registry.repository}: {text}",
            "create it with --create, or name another: --repository",
        )
    if _DENIED.search(text):
        return UploadError(
            f"{where} refused the push: {text}",
            "allow ecr:InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, "
            "BatchCheckLayerAvailability and PutImage on the repository in your policy",
        )
    if _LOST.search(text):
        return ConnectionLostError(
            f"the connection to {where} was lost: {text}",
            "check the network and push again: what arrived is not sent twice, the tag comes last",
        )
    return UploadError(f"the push to {registry.name} failed: {text}", "read the reason above")


def _stalled(registry: Registry, patience_s: int) -> UploadError:
    return UploadError(
        f"nothing got through to the registry {registry.address} for {patience_s} s",
        "check the network and push again: what arrived is not sent twice, the tag comes last; "
        "--patience SECONDS waits longer",
    )
