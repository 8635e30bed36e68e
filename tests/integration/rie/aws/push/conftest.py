"""A real registry, moto for ECR's API, an engine, and a checkout to push from."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from rie.aws.push import command as push
from rie.aws.push.preflight import Doctor
from rie.aws.push.registry import Registry
from rie.aws.push.repository import Credentials
from rie.cli import CommandParser
from rie.images.engine import EngineError, connect
from tests.image.conftest import unavailable
from tests.integration.functions.conftest import aws, moto_url  # noqa: F401 (fixtures)
from tests.support import registry as server
from tests.support import small_images as images
from tests.support.aws import REGION
from tests.support.checkout import Checkout

if TYPE_CHECKING:
    from docker import DockerClient
    from types_boto3_ecr import ECRClient


@pytest.fixture(scope="session")
def engine() -> Iterator[DockerClient]:
    try:
        client = connect()
    except EngineError:
        unavailable("no container engine answers; run `make engine`")
        raise  # not reached: for the type checker
    yield client
    client.close()


@pytest.fixture(scope="session")
def password(moto_url: str) -> str:  # noqa: F811 (the fixture)
    """What moto's ECR hands out as the registry's password, asked without any of our code."""
    ecr = boto3.client(
        "ecr",
        endpoint_url=moto_url,
        region_name=REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    data = ecr.get_authorization_token()["authorizationData"][0]
    ecr.close()
    return base64.b64decode(data["authorizationToken"]).decode().removeprefix("AWS:")


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory, password: str) -> Iterator[server.Server]:
    if shutil.which(server.PROGRAM) is None:
        unavailable(f"{server.PROGRAM} is missing; on Debian: apt-get install {server.PROGRAM}")
    with server.serve(tmp_path_factory.mktemp("registry"), Credentials("AWS", password)) as started:
        yield started


@pytest.fixture
def registry_server(running: server.Server, monkeypatch: pytest.MonkeyPatch) -> server.Server:
    """The registry, with its certificate trusted the way a user would do it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.authority))
    return running


@pytest.fixture
def repository(request: pytest.FixtureRequest) -> str:
    """A name of the test's own: the registry keeps what others pushed."""
    return "push-test/" + re.sub("[^a-z0-9]+", "-", request.node.name.lower()).strip("-")


@pytest.fixture
def registry(registry_server: server.Server, repository: str) -> Registry:
    return Registry(registry_server.address, repository, registry_server.credentials)


Load = Callable[..., str]


@pytest.fixture
def load(engine: DockerClient) -> Iterator[Load]:
    """Load tiny images by name and content; they are gone after the test."""
    names = []

    def loaded(name: str, content: bytes = b"", **options: Any) -> str:
        names.append(images.load(engine, name, content or name.encode(), **options))
        return names[-1]

    yield loaded
    for name in dict.fromkeys(names):
        engine.images.remove(name, force=True)


@pytest.fixture
def ecr(aws: str) -> Iterator[ECRClient]:  # noqa: F811 (the fixture)
    client = boto3.client("ecr")
    yield client
    client.close()


@dataclass(frozen=True)
class Pushed:
    """How a push ended that succeeded: what it printed."""

    out: str
    err: str

    @property
    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.out)
        return record


Push = Callable[..., Pushed]


@pytest.fixture
def pushing(
    engine: DockerClient,
    aws: str,  # noqa: F811 (the fixture)
    registry_server: server.Server,
    repository: str,
    checkout: Checkout,
    capsys: pytest.CaptureFixture[str],
) -> Push:
    """Run `rie push` for the checkout's function, in this process, with a doctor of one's own."""

    def pushed(image: str, *words: str, through: str = "", doctor: Doctor = lambda _: []) -> Pushed:
        parser = CommandParser("rie push")
        push.add_arguments(parser)
        capsys.readouterr()
        address = through or registry_server.address
        where = ["--repository", repository, "--registry", address]
        what = ["--function", str(checkout.function), "--image", image]
        assert push.execute(parser.parse_args([*what, *where, *words]), doctor=doctor) == 0
        return Pushed(*capsys.readouterr())

    return pushed
