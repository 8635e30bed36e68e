"""A sealed function starts from one file; if anything is wrong with it, as without it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from surefoot_tools.seal import sealed_init as writer
from tests.support.sealed_image import SealedImage as Image

FUNCTION = """
import sys
opened = []
def note(event, words):
    if event == "open" and isinstance(words[0], str):
        opened.append(words[0])
sys.addaudithook(note)
import boto3
client = boto3.client("sts", region_name="eu-north-1")
waiter = boto3.client("ecs", region_name="eu-north-1").get_waiter("services_stable")

def handler(event, context):
    ours = "surefoot._runtime.readahead", "surefoot._runtime.sealed_"
    return {
        "files": len([each for each in opened if each.endswith((".pyc", ".json", ".gz", ".py"))]),
        "operations": client.meta.service_model.operation_names,
        "waiter": waiter.name,
        "modules": sorted(name for name in sys.modules if not name.startswith(ours)),
        "finders": [type(each).__name__ for each in sys.meta_path],
    }
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Image, dict[str, Any], bytes]:
    """An image with its sealed file, and what it answers without."""
    image = Image(tmp_path_factory.mktemp("image"), FUNCTION)
    unsealed = image.start()
    image.seal()
    return image, unsealed, image.sealed.read_bytes()


@pytest.fixture
def image(built: tuple[Image, dict[str, Any], bytes]) -> Iterator[Image]:
    """The image as sealed, however the test before left it."""
    image, _, content = built
    image.sealed.write_bytes(content)
    image.sealed.chmod(0o644)
    yield image
    image.environ.pop("SUREFOOT_SEALED_INIT", None)
    if image.sealed.is_dir():
        image.sealed.rmdir()
    image.sealed.unlink(missing_ok=True)


def test_a_sealed_function_answers_the_same_and_opens_hardly_a_file(
    built: tuple[Image, dict[str, Any], bytes], image: Image
) -> None:
    unsealed, sealed = dict(built[1]), image.start()
    # What is left: metadata of packages, and other files that no import opens.
    assert unsealed.pop("files") > 200
    assert sealed.pop("files") < 15
    assert sealed == unsealed


def test_it_starts_on_a_read_only_disk(
    built: tuple[Image, dict[str, Any], bytes], image: Image
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    folder = str(image.task.parent)
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0/task" && exec "$@"'
    answer = image.start("unshare", "--mount", "sh", "-c", script, folder)
    assert answer["files"] < 15
    assert answer["operations"] == built[1]["operations"]


def switch_off(image: Image) -> None:
    image.environ["SUREFOOT_SEALED_INIT"] = "0"


def damage_index(image: Image) -> None:
    content = bytearray(image.sealed.read_bytes())
    content[100] ^= 0xFF
    image.sealed.write_bytes(content)


def truncate(image: Image) -> None:
    os.truncate(image.sealed, 1000)


def empty(image: Image) -> None:
    image.sealed.write_bytes(b"")


def remove(image: Image) -> None:
    image.sealed.unlink()


def replace_with_folder(image: Image) -> None:
    image.sealed.unlink()
    image.sealed.mkdir()


def give_away(image: Image) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(image.sealed, 4242, 4242)


def let_others_write(image: Image) -> None:
    image.sealed.chmod(0o666)


def seal_with_another_version(image: Image) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "identity", lambda: "another interpreter")
        image.seal()


@pytest.mark.parametrize(
    "fault",
    [
        *(switch_off, damage_index, truncate, empty, remove, replace_with_folder),
        *(give_away, let_others_write, seal_with_another_version),
    ],
)
def test_a_file_that_cannot_be_used_leaves_the_start_as_it_was(
    built: tuple[Image, dict[str, Any], bytes], image: Image, fault: Callable[[Image], None]
) -> None:
    fault(image)
    assert image.start() == built[1]


def test_damaged_code_and_models_are_taken_from_their_own_files(
    built: tuple[Image, dict[str, Any], bytes], image: Image
) -> None:
    content = bytearray(image.sealed.read_bytes())
    # Every block beyond the index is hit.
    for at in range(200_000, len(content), 1000):
        content[at] ^= 0xFF
    image.sealed.write_bytes(content)
    answer, unsealed = image.start(), dict(built[1])
    assert answer.pop("files") > 100
    unsealed.pop("files")
    assert answer == unsealed


def test_a_function_that_is_changed_after_the_seal_is_the_changed_one(image: Image) -> None:
    app = image.task / "app.py"
    before = app.read_text()
    status = app.stat()
    try:
        app.write_text(before + "\nhandler = lambda event, context: {'changed': True}\n")
        assert image.start() == {"changed": True}
    finally:
        app.write_text(before)
        os.utime(app, ns=(status.st_atime_ns, status.st_mtime_ns))
