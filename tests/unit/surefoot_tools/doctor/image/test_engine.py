"""An image by name, from a real engine."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from docker.errors import BuildError

from surefoot_tools.console import UserError
from surefoot_tools.doctor import inspection
from tests.image.conftest import checkout, engine, image  # noqa: F401  (fixtures)
from tests.unit.surefoot_tools.doctor.archives import APP, SOUND, layer

if TYPE_CHECKING:
    from docker import DockerClient

NAME = "surefoot-test-doctor:latest"


@pytest.fixture
def faulty(engine: DockerClient) -> Iterator[str]:  # noqa: F811  (the fixture)
    """An image from scratch with a .env, a bad mode, EXPOSE, USER and AWS_REGION."""
    first = layer([*SOUND, *APP, ("var/task/data.txt", b"", 0o600), ("var/task/.env", b"", 0o644)])
    recipe = (
        "FROM scratch\n"
        "ADD first.tar /\n"
        "ENV AWS_REGION=eu-west-1 HOME=/tmp\n"
        "EXPOSE 8080\n"
        "USER app\n"
        "WORKDIR /var/task\n"
        'ENTRYPOINT ["/lambda-entrypoint.sh"]\n'
        'CMD ["app.nothing"]\n'
    )
    build(engine, {"Dockerfile": recipe.encode(), "first.tar": first})
    yield NAME
    engine.images.remove(NAME, force=True)


def build(client: DockerClient, files: dict[str, bytes]) -> str:
    """Build NAME from a context of these files; returns what the build printed."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    context.seek(0)
    _, log = client.images.build(
        fileobj=context, custom_context=True, tag=NAME, rm=True, forcerm=True
    )
    return "".join(str(event.get("stream", "")) for event in log if isinstance(event, dict))


def test_an_image_of_the_engine_is_inspected_with_its_configuration(faulty: str) -> None:
    result = inspection.inspect_image(faulty)
    found = {(judged.finding.code, judged.finding.path) for judged in result.findings}
    assert {
        ("SF105", "/var/task/data.txt"),
        ("SF308", ""),
        ("SF402", "/var/task/.env"),
        ("SF604", ""),
        ("SF605", ""),
    } <= found
    assert any("app.nothing" in judged.finding.message for judged in result.findings)
    assert result.target == NAME


def test_surefoot_s_own_image_has_no_errors(image: str) -> None:  # noqa: F811  (the fixture)
    result = inspection.inspect_image(image)
    assert [judged for judged in result.findings if judged.severity == "error"] == []


def test_a_build_that_runs_the_doctor_passes_and_fails_with_its_findings(
    engine: DockerClient,  # noqa: F811  (the fixture)
    image: str,  # noqa: F811  (the fixture)
) -> None:
    recipe = f"FROM {image}\nCOPY . /var/task/\nRUN surefoot doctor --handler app.handler\n"
    files = {"Dockerfile": recipe.encode(), "app.py": APP[0][1]}
    try:
        assert "this image: " in build(engine, files)
    finally:
        engine.images.remove(NAME, force=True)
    with pytest.raises(BuildError) as caught:
        build(engine, {**files, ".env": b"A=1"})
    printed = "".join(str(event.get("stream", "")) for event in caught.value.build_log)
    assert "SF402  /var/task/.env" in printed
    assert "returned a non-zero code: 1" in str(caught.value)


def test_an_image_that_is_not_there_is_refused_in_the_engine_s_words(
    engine: DockerClient,  # noqa: F811  (the fixture)
) -> None:
    with pytest.raises(UserError, match="surefoot-test-no-such-image") as caught:
        inspection.inspect_image("surefoot-test-no-such-image")
    assert "docker images" in caught.value.remedy


def test_a_name_is_never_taken_for_an_option(
    engine: DockerClient,  # noqa: F811  (the fixture)
) -> None:
    with pytest.raises(UserError):
        inspection.inspect_image("--output=/tmp/surefoot-test-doctor-option")


def test_without_an_engine_the_other_way_is_named(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="no container engine was found") as caught:
        inspection.inspect_image("anything")
    assert "--tar" in caught.value.remedy
