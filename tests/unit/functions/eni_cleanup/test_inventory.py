"""What becomes of an interface, case by case."""

from __future__ import annotations

import pytest

from eni_cleanup.interfaces import HYPERPLANE, OLD_STYLE, Interface, NetworkConfig
from eni_cleanup.inventory import DELETE, DETACH, KEEP, WAIT, decide, explain

OURS = NetworkConfig("subnet-0a1b2c3d", ("sg-0a1b2c3d",))
THEIRS = NetworkConfig("subnet-0a1b2c3d", ("sg-0a1b2c3d", "sg-1a1b2c3d"))


def _interface(kind: str, status: str, attachment: str, pair: NetworkConfig) -> Interface:
    return Interface("eni-1", "AWS Lambda VPC ENI-shop-1", status, kind, pair, attachment)


@pytest.mark.parametrize(
    ("kind", "status", "attachment", "pair", "holders", "wanted"),
    [
        (HYPERPLANE, "available", "", OURS, [], DELETE),
        (HYPERPLANE, "available", "", THEIRS, [], DELETE),  # an orphan
        (HYPERPLANE, "available", "", OURS, ["other"], KEEP),
        (HYPERPLANE, "available", "", OURS, ["shop:3"], KEEP),  # our own published version
        (HYPERPLANE, "available", "", OURS, ["other", "shop"], KEEP),
        (HYPERPLANE, "available", "", OURS, ["shop"], WAIT),  # the list lags behind
        (HYPERPLANE, "available", "", THEIRS, ["shop"], KEEP),
        (HYPERPLANE, "available", "ela-attach-1", OURS, [], WAIT),  # contradicts itself
        (HYPERPLANE, "in-use", "ela-attach-1", OURS, [], WAIT),
        (HYPERPLANE, "in-use", "eni-attach-1", OURS, [], WAIT),
        (HYPERPLANE, "in-use", "ela-attach-1", THEIRS, [], KEEP),
        (HYPERPLANE, "in-use", "ela-attach-1", OURS, ["other"], KEEP),
        (HYPERPLANE, "pending", "", OURS, [], WAIT),
        (HYPERPLANE, "unknown", "", THEIRS, [], KEEP),
        (OLD_STYLE, "available", "", OURS, [], DELETE),
        (OLD_STYLE, "in-use", "eni-attach-1", OURS, [], DETACH),
        (OLD_STYLE, "detaching", "eni-attach-1", OURS, [], WAIT),
        (OLD_STYLE, "in-use", "eni-attach-1", THEIRS, [], KEEP),
        (OLD_STYLE, "in-use", "eni-attach-1", OURS, ["other"], KEEP),
        (OLD_STYLE, "in-use", "ela-attach-1", OURS, [], WAIT),
    ],
)
def test_fate(
    kind: str, status: str, attachment: str, pair: NetworkConfig, holders: list[str], wanted: str
) -> None:
    interface = _interface(kind, status, attachment, pair)
    decided = decide(interface, holders, {OURS}, {"shop"})
    assert decided == wanted
    assert explain(interface, holders, decided)


def test_many_holders_are_counted() -> None:
    interface = _interface(HYPERPLANE, "in-use", "ela-attach-1", OURS)
    assert explain(interface, list("abcde"), KEEP) == "used by a, b, c and 2 more"
