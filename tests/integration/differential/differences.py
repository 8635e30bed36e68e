"""Marks the tests that prove the intended differences from awslambdaric, which rie/compare lists.

Each entry is proved by at least one test that is marked with `proves` and asserts both sides,
or asserts what awslambdaric does where it merely dies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from rie.compare.intended import INTENDED_DIFFERENCES

DIFFERENCES = {each.name: each.reason for each in INTENDED_DIFFERENCES if not each.is_feature}

Test = TypeVar("Test", bound=Callable[..., object])


def proves(name: str) -> Callable[[Test], Test]:
    """Mark the test of an intended difference; a name that is not listed is an error."""
    assert name in DIFFERENCES, f"{name} is not among the intended differences"
    return lambda test: test
