"""What `rie push` checks and builds before AWS hears of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from rie.aws.push import command as push
from rie.aws.push import preflight
from rie.aws.push.blockers import PushBlocked
from rie.aws.push.delivery import PushRequest
from rie.aws.push.local_image import REVISION_LABEL
from rie.cli import CommandParser
from rie.errors import UserError
from rie.function import find
from rie.git_checkout import read_checkout
from tests.integration.rie.aws.push.conftest import Load
from tests.support.checkout import Checkout

if TYPE_CHECKING:
    from docker import DockerClient

RECIPE = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
COPY app.py /var/task/
CMD ["app.handler"]
"""


def options(*words: str) -> argparse.Namespace:
    parser = CommandParser("rie push")
    push.add_arguments(parser)
    return parser.parse_args(words)


@pytest.fixture
def recipe(checkout: Checkout) -> Checkout:
    (checkout.function / "Dockerfile").write_text(RECIPE)
    (checkout.function / "app.py").write_text("def handler(event, context): ...\n")
    checkout.commit()
    return checkout


def prepared(engine: DockerClient, checkout: Checkout, *words: str) -> PushRequest:
    function = find(str(checkout.function))
    return preflight.prepare(engine, options(*words), function, lambda _: [])


def test_the_functions_image_is_built_and_named_after_it(
    engine: DockerClient, recipe: Checkout, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "LATEST", load("base"))
    order = prepared(engine, recipe)
    assert (order.repository, order.tag) == ("surefoot-push-test-hello", recipe.tag)
    assert order.image.name == "surefoot-push-test-hello:latest"
    assert order.image.labels[REVISION_LABEL] == recipe.revision
    engine.images.remove(order.image.name)


def test_the_function_of_a_dirty_tree_is_not_even_built(
    engine: DockerClient, recipe: Checkout
) -> None:
    (recipe.function / "app.py").write_text("changed")
    with pytest.raises(
        PushBlocked, match="the function push-test-hello cannot be pushed"
    ) as caught:
        prepared(engine, recipe)
    assert "app.py" in str(caught.value)
    assert not engine.images.list("surefoot-push-test-hello")


def test_a_base_of_another_revision_is_refused_before_the_build(
    engine: DockerClient, recipe: Checkout, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = load("base", labels={REVISION_LABEL: "0" * 40})
    monkeypatch.setattr(preflight, "LATEST", base)
    monkeypatch.setattr(preflight, "ROOT", recipe.root)  # the base and the function are of it
    with pytest.raises(PushBlocked, match=f"{base} was built from {'0' * 40}"):
        prepared(engine, recipe)
    assert not engine.images.list("surefoot-push-test-hello")


def test_an_image_of_another_revision_is_refused(
    engine: DockerClient, checkout: Checkout, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = load("old", labels={REVISION_LABEL: f"{checkout.revision}-dirty"})
    monkeypatch.setattr(preflight, "ROOT", checkout.root)
    with pytest.raises(PushBlocked, match=f"built from {checkout.revision}-dirty"):
        prepared(engine, checkout, "--image", image)


def test_an_image_of_ones_own_may_carry_the_label_of_its_base(
    engine: DockerClient, checkout: Checkout, load: Load
) -> None:
    image = load("own", labels={REVISION_LABEL: "0" * 40})
    assert prepared(engine, checkout, "--image", image).image.name == image


def test_without_a_function_the_base_is_pushed_to_the_repository_surefoot(
    engine: DockerClient, checkout: Checkout, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "LATEST", load("base"))
    monkeypatch.setattr(preflight, "ROOT", checkout.root)
    order = preflight.prepare(engine, options(), None, lambda _: [])
    assert (order.image.name, order.repository) == ("surefoot-push-test-base:latest", "surefoot")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--registry", "https://registry.example"], "https://registry.example"),
        (["--registry", "registry.example/path"], "not the address"),
        (
            ["--registry", "dockerhub-user"],
            "not the address",
        ),  # it would be a name on Docker's registry
    ],
)
def test_values_that_must_not_be_are_refused(words: list[str], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        preflight.check_options(options(*words))


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1:5000", "a-b.example", "a.example:443"])
def test_addresses_of_registries_are_taken(address: str) -> None:
    preflight.check_options(options("--registry", address))


def test_many_uncommitted_changes_are_counted(checkout: Checkout) -> None:
    for number in range(8):
        (checkout.root / f"file{number}").touch()
    (blocker,) = preflight.find_uncommitted_changes(read_checkout(checkout.root))
    assert blocker.reason.endswith("file4 and 3 more")
    assert "commit" in blocker.remedy


def test_a_clean_checkout_blocks_nothing(checkout: Checkout) -> None:
    assert preflight.find_uncommitted_changes(read_checkout(checkout.root)) == []


def test_zero_patience_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options("--patience", "0")
    assert "--patience: 0 is less than 1" in capsys.readouterr().err
