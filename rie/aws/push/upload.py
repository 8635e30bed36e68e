"""The upload by the engine, retried only where that is safe.

A push can be repeated at any point: blobs are named by digest, so those that arrived are not sent
again, and the tag comes last. The engine itself tries each layer five times. The whole push is
repeated after a connection was lost elsewhere, as with the manifest, and never after a denial.
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
# Messages of the engine, of Go's network library and of ECR.
_CONNECTION_LOST = re.compile(
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
_TAG_TAKEN = re.compile(
    r"cannot be overwritten|tag is immutable|ImageTagAlreadyExists", re.IGNORECASE
)
_MISSING = re.compile(r"name unknown|repository .* does not exist", re.IGNORECASE)


class UploadError(UserError):
    """The engine could not push."""


class ConnectionLostError(UploadError):
    """The connection or the registry failed; the same push may succeed if repeated."""


class TagTakenError(UploadError):
    """The tag exists, and the registry's tags are immutable."""


def upload(
    client: DockerClient,
    registry: Registry,
    tag: str,
    *,
    patience_s: int,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Push the local image REGISTRY:tag and return the digest that the engine computed.

    `patience_s`: seconds without progress after which the push is given up. The client's own
    timeout becomes the same. Raises UploadError.
    """
    client.api.timeout = patience_s  # for an engine that sends nothing at all
    pauses_s = iter(PAUSES_S)
    while True:
        progress = PushProgress(sys.stderr)
        try:
            return _once(client, registry, tag, patience_s, progress)
        except ConnectionLostError as error:
            progress.close()
            pause_s = next(pauses_s, 0.0)
            # The engine has tried a layer five times: five more would not help.
            if progress.retries or not pause_s:
                raise
            print_progress(f"  {error.reason}; retrying in {pause_s:.0f} s")
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
            f"the engine aborted the push: {error}", "check the engine's log"
        ) from error
    if not digest:
        raise UploadError(
            f"the engine reports no digest for {registry.name}:{tag}", "check the engine's log"
        )
    return digest


def failure(registry: Registry, text: str) -> UploadError:
    """The error for the engine's message `text`."""
    where = f"the registry {registry.address}"
    if _TAG_TAKEN.search(text):
        return TagTakenError(
            f"{where} has immutable tags: {text}",
            "deploy the existing image, or commit a change and build again",
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
    if _CONNECTION_LOST.search(text):
        return ConnectionLostError(
            f"the connection to {where} was lost: {text}",
            "check the network and push again: what arrived is not sent twice, the tag is last",
        )
    return UploadError(f"the push to {registry.name} failed: {text}", "read the reason above")


def _stalled(registry: Registry, patience_s: int) -> UploadError:
    return UploadError(
        f"nothing was sent to the registry {registry.address} for {patience_s} s",
        "check the network and push again: what arrived is not sent twice, the tag is last; "
        "--patience SECONDS waits longer",
    )
