"""What is seen of an image before it is pushed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from rie.aws.push.local_image import (
    MOST_BYTES,
    REVISION_LABEL,
    LocalImage,
    find_blockers,
    find_revision_mismatch,
)
from rie.git_checkout import GitCheckout
from rie.images.local_bases import STAND_IN_LABEL

GOOD = LocalImage("an-image", "sha256:0", "amd64", "linux", 1, {})
SOURCE = GitCheckout(Path("/checkout"), Path("/checkout"), "a" * 40, ())


def test_a_good_image_has_nothing_against_it() -> None:
    assert list(find_blockers(GOOD, "amd64", allow_stand_in=False)) == []


@pytest.mark.parametrize(
    ("image", "reason", "remedy"),
    [
        (replace(GOOD, architecture="arm64"), "for linux/arm64, not linux/amd64", "--arch"),
        (replace(GOOD, architecture="386"), "for linux/386", "make image ARCH=amd64"),
        (replace(GOOD, system="windows"), "for windows/amd64", "make image"),
        (
            replace(GOOD, kind="application/vnd.oci.image.index.v1+json"),
            "an index of several images",
            "--provenance=false",
        ),
        (replace(GOOD, size=MOST_BYTES + 1), "has 10.00 GB uncompressed", "docker history"),
        (replace(GOOD, labels={STAND_IN_LABEL: "true"}), "local base", "--allow-stand-in"),
    ],
)
def test_what_speaks_against_an_image_is_named(image: LocalImage, reason: str, remedy: str) -> None:
    (blocker,) = find_blockers(image, "amd64", allow_stand_in=False)
    assert reason in blocker.reason
    assert remedy in blocker.remedy


def test_an_image_as_large_as_may_be_passes() -> None:
    assert list(find_blockers(replace(GOOD, size=MOST_BYTES), "amd64", allow_stand_in=False)) == []


def test_a_stand_in_may_be_allowed() -> None:
    image = replace(GOOD, labels={STAND_IN_LABEL: "true"})
    assert list(find_blockers(image, "amd64", allow_stand_in=True)) == []


@pytest.mark.parametrize("revision", ["b" * 40, "a" * 40 + "-dirty"])
def test_an_image_of_another_revision_is_outdated(revision: str) -> None:
    (blocker,) = find_revision_mismatch(replace(GOOD, labels={REVISION_LABEL: revision}), SOURCE)
    assert f"was built from {revision}" in blocker.reason
    assert "make image" in blocker.remedy


@pytest.mark.parametrize("labels", [{}, {REVISION_LABEL: "a" * 40}])
def test_an_image_of_this_revision_or_of_none_is_not(labels: dict[str, str]) -> None:
    assert find_revision_mismatch(replace(GOOD, labels=labels), SOURCE) == []
