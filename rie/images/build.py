"""One build with an engine's plain builder, its steps on stderr.

The plain builder needs no buildx, and makes one manifest without attestations, the only form that
Lambda accepts.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rie.console import print_progress
from rie.errors import UserError

if TYPE_CHECKING:
    from docker import DockerClient

# Messages of the engine and of Go's network library for a failed connection.
_UNREACHABLE = re.compile(
    r"dial tcp|no such host|i/o timeout|request canceled|Client\.Timeout|connection refused|"
    r"connection reset|TLS handshake|x509|network is unreachable|proxyconnect"
)
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_REGISTRY = re.compile(r'https?://([^/"\s]+)')


def build_directory(
    client: DockerClient,
    directory: Path,
    tag: str,
    arguments: Mapping[str, str],
    *,
    recipe: str | None = None,
    labels: Mapping[str, str] | None = None,
    platform: str | None = None,
    network: str | None = None,
) -> None:
    """Build `directory` as `tag`, showing the steps on stderr.

    The recipe is its Dockerfile unless `recipe` is the text of another. `platform` is Docker's name
    such as linux/arm64 (default: the engine's own), `network` the one that steps have. Raises
    UserError when a step fails or a registry cannot be reached.
    """
    from docker.errors import APIError

    with tempfile.TemporaryDirectory(prefix="surefoot-build.") as folder:
        path = directory / "Dockerfile" if recipe is None else Path(folder) / "Dockerfile"
        if recipe is not None:
            path.write_text(recipe)
        try:
            events = client.api.build(
                path=str(directory),
                dockerfile=str(path),
                tag=tag,
                buildargs=dict(arguments),
                labels=dict(labels or {}),
                platform=platform,
                network_mode=network,
                forcerm=True,
                decode=True,
            )
            _follow(events)
        except APIError as error:
            raise _failure(error.explanation or str(error)) from error


def _follow(events: Iterable[dict[str, Any]]) -> None:
    """Show a build's events, all of them: the connection is free again after the last one only."""
    failure = None
    for event in events:
        if "error" in event:
            failure = _failure(str(event["error"]))
        if event.get("status") == "Pull complete":  # the one event per layer worth a line
            print_progress(f"  layer {event.get('id')} pulled")
        for line in _ESCAPES.sub("", str(event.get("stream", ""))).splitlines():
            if line.strip():
                print_progress(f"  {line}")
    if failure is not None:
        raise failure


def _failure(text: str) -> UserError:
    if _UNREACHABLE.search(text):
        host = _REGISTRY.search(text)
        return UserError(
            f"the registry {host[1] if host else 'of the base image'} cannot be reached: {text}",
            "make image BASE=local builds the same Dockerfile on a local base, without a registry",
        )
    return UserError(f"the build failed: {text}", "read the last step above")
