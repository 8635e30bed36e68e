"""What a function sees in the sandbox is what was recorded on Lambda, or has a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rie.images.build import build_directory
from rie.local.sandbox import Sandbox
from tests.support.environment_table import disagreements

if TYPE_CHECKING:
    from docker import DockerClient

Start = Callable[..., Sandbox]
TAG = "surefoot-test-own-variables"
DOCKERFILE = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
ENV HOME=/var/task TZ=Asia/Tokyo LANG=C.UTF-8
RUN echo 'batch:x:1000:1000::/home/batch:/bin/sh' >> /etc/passwd
COPY app.py ./
CMD ["app.handler"]
"""
APP = """\
import getpass, os, pwd, time
def handler(event, context):
    names = [each.pw_name for each in pwd.getpwall()]
    return {
        "variables": {name: os.environ.get(name) for name in ("HOME", "TZ", "LANG")},
        "zone": time.tzname[0], "home": os.path.expanduser("~"),
        "user": getpass.getuser(), "batch": "batch" in names,
    }
"""


def image_variables(engine: DockerClient, image: str) -> dict[str, str]:
    words = engine.images.get(image).attrs["Config"]["Env"]
    return dict(word.split("=", 1) for word in words)


@pytest.mark.parametrize("options", [{}, {"host_network": True}], ids=["bridge", "host"])
def test_the_sandbox_is_as_the_table_says(
    engine: DockerClient, task_image: str, start: Start, options: dict[str, Any]
) -> None:
    variables = image_variables(engine, task_image)
    found = json.loads(start("facts.handler", memory_mb=128, **options).invoke(b"{}").body)
    assert [*disagreements(found, "sandbox", variables)] == []


@pytest.mark.parametrize("options", [{}, {"host_network": True}], ids=["bridge", "host"])
def test_the_images_own_variables_count_and_its_users_do_not(
    engine: DockerClient, image: str, start: Start, tmp_path: Path, options: dict[str, Any]
) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "app.py").write_text(APP)
    build_directory(engine, tmp_path, TAG, {"SUREFOOT_IMAGE": image})
    # Without a handler: the image's CMD, whichever network it has.
    found = json.loads(start("", of=TAG, **options).invoke(b"{}").body)
    assert found == {
        "variables": {"HOME": "/var/task", "TZ": "Asia/Tokyo", "LANG": "C.UTF-8"},
        "zone": found["zone"],
        "home": "/var/task",
        "user": "sbx_user1051",
        "batch": False,
    }
