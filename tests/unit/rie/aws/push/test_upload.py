"""What the engine's words about a push mean; each is a real one."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rie.aws.push.registry import Registry
from rie.aws.push.repository import Credentials
from rie.aws.push.upload import ConnectionLostError, TagTakenError, UploadError, failure, upload

REGISTRY = Registry("registry.example", "surefoot", Credentials("AWS", "x"))


@pytest.mark.parametrize(
    "text",
    [
        'Get "https://registry.example/v2/": EOF',
        'Put "https://registry.example/v2/x/manifests/v1": unexpected EOF',
        "write tcp 10.0.0.1:1->10.0.0.2:443: write: connection reset by peer",
        "write tcp 10.0.0.1:1->10.0.0.2:443: write: broken pipe",
        "dial tcp 10.0.0.2:443: connect: connection refused",
        "dial tcp 10.0.0.2:443: i/o timeout",
        "net/http: TLS handshake timeout",
        "received unexpected HTTP status: 503 Service Unavailable",
        "toomanyrequests: Rate exceeded",
        'error parsing HTTP 400 response body: "Client sent an HTTP request to an HTTPS server."',
    ],
)
def test_a_way_that_failed_may_be_tried_again(text: str) -> None:
    assert isinstance(failure(REGISTRY, text), ConnectionLostError)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("denied: User: arn:aws:iam::1:user/x is not authorized to perform", "ecr:Initiate"),
        ("denied: Your authorization token has expired. Reauthenticate", "ecr:Initiate"),
        ("unauthorized: authentication required", "ecr:Initiate"),
        ("no basic auth credentials: unauthorized", "ecr:Initiate"),
        ("name unknown: The repository with name 'x' does not exist", "--create"),
        ("an unknown error", "read the reason"),
    ],
)
def test_a_refusal_is_final_and_has_a_remedy(text: str, remedy: str) -> None:
    error = failure(REGISTRY, text)
    assert type(error) is UploadError
    assert text in error.reason
    assert remedy in error.remedy


@pytest.mark.parametrize("why", ["the repository is immutable.", "the tag is immutable."])
def test_an_immutable_tag_is_recognized(why: str) -> None:
    text = (
        "tag invalid: The image tag '1' already exists in the 'x' repository and cannot be "
        f"overwritten because {why}"
    )
    assert isinstance(failure(REGISTRY, text), TagTakenError)


class Replayed:
    """An engine that answers a push with recorded events; counts the pushes."""

    def __init__(self, *events: dict[str, Any]) -> None:
        self.pushes = 0
        self.api = SimpleNamespace(push=self._push, timeout=0)
        self._events = events

    def _push(self, *_: object, **__: object) -> Iterator[dict[str, Any]]:
        self.pushes += 1
        yield from self._events


def test_a_layer_that_had_the_engines_own_attempts_gets_no_others() -> None:
    retrying = {"status": "Retrying in 20 seconds", "progressDetail": {}, "id": "aa"}
    engine = Replayed(retrying, {"error": "unexpected EOF"})
    pauses: list[float] = []
    with pytest.raises(ConnectionLostError):
        upload(cast(Any, engine), REGISTRY, "v1", patience_s=60, pause=pauses.append)
    assert (engine.pushes, pauses) == (1, [])


def test_an_engine_that_reports_no_digest_is_an_error() -> None:
    with pytest.raises(UploadError, match="no digest"):
        upload(cast(Any, Replayed()), REGISTRY, "v1", patience_s=60)
