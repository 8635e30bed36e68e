"""What is saved in tags comes back as it was, in characters that every service takes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduled_scaling.state_codec import SavedState, decode_tags, encode_tags, list_keys

_ALLOWED = re.compile(r"[\w _.:/=+\-@]{1,256}", re.ASCII)  # the least of RDS, ECS, Auto Scaling
_names = st.from_regex(r"[a-z][a-z0-9-]{0,62}", fullmatch=True)
_states = st.fixed_dictionaries(
    {"desired": st.integers(0, 10**6), "max": st.floats(0.5, 256).map(lambda n: round(n * 2) / 2)},
    optional={
        "suspended": st.booleans(),
        "class": st.just("db.r6g.2xlarge"),
        "tiers": st.dictionaries(
            _names | st.just("*"), st.integers(0, 15), min_size=1, max_size=16
        ),
    },
)


@given(_states)
def test_a_state_survives(state: dict[str, object]) -> None:
    saved = SavedState(state, "2026-11-22T20:00:00Z", "nightly-batch/scale-out")
    tags = encode_tags("docdb-instances", saved)
    assert all(_ALLOWED.fullmatch(text) for text in tags.values())
    assert decode_tags("docdb-instances", {**tags, "other": "tag"}) == saved


def test_a_part_of_what_was_saved_is_nothing() -> None:
    tiers = {f"instance-number-{n:02}-of-the-orders": n for n in range(16)}
    tags = dict(encode_tags("docdb-instances", SavedState({"tiers": tiers}, "s", "t")))
    assert len(tags) > 2
    del tags["surefoot:scaling:docdb-instances:1"]
    assert decode_tags("docdb-instances", tags) is None


@pytest.mark.parametrize(
    ("key", "text"),
    [("owner", "team"), ("10", "x"), ("-1", "x"), ("²", "x"), ("note:0", "x"), ("0x", "")],
)
def test_a_tag_that_a_person_called_alike_is_not_ours(key: str, text: str) -> None:
    saved = SavedState({"readers": 1}, "s", "t")
    tags = {**encode_tags("docdb-instances", saved)}
    theirs = f"surefoot:scaling:docdb-instances:{key}"
    assert decode_tags("docdb-instances", {**tags, theirs: text}) == saved
    assert list_keys("docdb-instances", {**tags, theirs: text}) == sorted(tags)
    assert decode_tags("docdb-instances", {theirs: text}) is None


@pytest.mark.parametrize("first", ["", "x", "² readers=1", "999 readers=1", "-1 a=1", "0 a=1"])
def test_a_first_tag_without_a_count_is_nothing(first: str) -> None:
    assert decode_tags("ecs-service", {"surefoot:scaling:ecs-service:0": first}) is None


def test_another_kind_of_the_same_cluster_is_kept_apart() -> None:
    tags = encode_tags("docdb-instances", SavedState({"readers": 1}, "s", "t"))
    assert decode_tags("docdb-serverless", tags) is None


def test_what_is_too_long_is_said() -> None:
    tiers = {"x" * 60 + f"-{n}": 1 for n in range(50)}
    with pytest.raises(ValueError, match="tags would be needed; 10 are the most"):
        encode_tags("docdb-instances", SavedState({"tiers": tiers}, "s", "t"))
