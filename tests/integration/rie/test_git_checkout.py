"""The checkout behind an image: version, revision, and whether it is clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from rie.errors import UserError
from rie.git_checkout import read_checkout
from tests.support.checkout import VERSION, Checkout


def test_a_clean_checkout_gives_version_and_revision(checkout: Checkout) -> None:
    found = read_checkout(checkout.function)
    assert (found.version, found.revision, found.changes) == (VERSION, checkout.revision, ())
    assert found.tag("arm64") == f"{VERSION}-{checkout.revision[:12]}-arm64"


def test_the_nearest_pyproject_has_the_version(checkout: Checkout) -> None:
    (checkout.function / "pyproject.toml").write_text('[project]\nversion = "9.0"\n')
    assert read_checkout(checkout.function).version == "9.0"


def test_a_local_version_makes_a_valid_tag(checkout: Checkout) -> None:
    (checkout.root / "pyproject.toml").write_text('[project]\nversion = "1.0+local"\n')
    assert read_checkout(checkout.root).tag("amd64").startswith("1.0_local-")


@pytest.mark.parametrize("change", ["new", "edited", "deleted", "staged", "renamed"])
def test_every_kind_of_change_is_found_and_named(checkout: Checkout, change: str) -> None:
    dockerfile = checkout.function / "Dockerfile"
    if change == "new":
        (checkout.function / "a new one").touch()
    elif change == "edited":
        dockerfile.write_text("FROM other\n")
    elif change == "deleted":
        dockerfile.unlink()
    elif change == "staged":
        dockerfile.write_text("FROM other\n")
        checkout.git("add", "--all")
    else:
        checkout.git("mv", "push-test-hello/Dockerfile", "push-test-hello/Recipe")
    named = {"new": "push-test-hello/a new one", "renamed": "push-test-hello/Recipe"}.get(
        change, "push-test-hello/Dockerfile"
    )
    found = read_checkout(checkout.root)
    assert found.changes == (named,)


def test_ignored_files_are_not_changes(checkout: Checkout) -> None:
    (checkout.root / ".gitignore").write_text("*.log\n")
    checkout.commit()
    (checkout.root / "a.log").touch()
    assert read_checkout(checkout.root).changes == ()


def test_no_git_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"git finds no revision of {tmp_path}") as caught:
        read_checkout(tmp_path)
    assert "git checkout" in caught.value.remedy


@pytest.mark.parametrize("text", ["", "[project]\n", "[project", "project = 1\n"])
def test_a_pyproject_without_a_version_is_named(checkout: Checkout, text: str) -> None:
    project = checkout.root / "pyproject.toml"
    project.write_text(text)
    with pytest.raises(UserError, match=f"{project} has no version"):
        _ = read_checkout(checkout.root).version


def test_a_missing_pyproject_is_reported(checkout: Checkout) -> None:
    (checkout.root / "pyproject.toml").unlink()
    with pytest.raises(UserError, match="has no pyproject"):
        _ = read_checkout(checkout.function).version


def test_missing_git_is_reported(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(checkout.root))
    with pytest.raises(UserError, match="cannot start git"):
        read_checkout(checkout.root)
