"""What one invocation hands to the next: the state, and when CloudFormation began to wait."""

from __future__ import annotations

import json

import pytest

from eni_cleanup.interfaces import NetworkConfig
from eni_cleanup.inventory import UserList
from eni_cleanup.progress import Progress, began_at, open_chain, read_progress
from eni_cleanup.request import parse
from surefoot.kit.resumable import ContinuationError
from tests.unit.functions.eni_cleanup.world import request

BEGAN = 1_772_431_200.0  # 2026-03-02 06:00:00 UTC


def _event(signed: str = "") -> dict[str, object]:
    return {**request(), "ResponseURL": f"https://answers.example/path?X-Amz-Date={signed}"}


def test_progress_arrives_in_the_next_invocation() -> None:
    before = Progress(40, ["eni-1: in use"], 7, "throttled")
    event = open_chain(_event(), BEGAN).next_event(_event(), vars(before))
    chain = open_chain(event, BEGAN + 900)
    assert (read_progress(chain), chain.invocation, chain.started_at) == (before, 2, BEGAN)


def test_nothing_is_done_at_the_beginning() -> None:
    assert read_progress(open_chain(_event(), BEGAN)) == Progress()


def test_a_continuation_of_another_request_is_refused() -> None:
    event = open_chain(_event(), BEGAN).next_event(_event(), {})
    with pytest.raises(ContinuationError, match="belongs to the work 'eni_cleanup 5d478078"):
        open_chain({**event, "RequestId": "another"}, BEGAN)


@pytest.mark.parametrize(
    ("signed", "began"),
    [
        ("20260302T055900Z", BEGAN - 60),  # an invocation before was killed
        ("20260302T060000Z", BEGAN),
        ("20260302T060001Z", BEGAN),  # the clock of CloudFormation is ahead
        ("20260302T035959Z", BEGAN),  # no response URL is valid for so long
        ("", BEGAN),
    ],
)
def test_the_time_runs_from_the_signature_in_every_invocation(signed: str, began: float) -> None:
    event = _event(signed)
    first = open_chain(event, BEGAN)
    second = open_chain(first.next_event(event, {}), BEGAN + 900)
    parsed = parse(event)
    assert [began_at(parsed, chain) for chain in (first, second)] == [began, began]


def test_a_list_of_functions_arrives_in_the_next_invocation() -> None:
    pair = NetworkConfig("subnet-1", ("sg-1", "sg-2"))
    known = UserList({pair: ("shop", "stock:3")}, BEGAN, 200.0)
    progress = Progress()
    progress.keep_users(known)
    event = open_chain(_event(), BEGAN).next_event(_event(), vars(progress))
    arrived = read_progress(open_chain(json.loads(json.dumps(event)), BEGAN + 900))
    assert arrived.known_users() == known
    assert Progress().known_users() is None


def test_a_list_that_is_too_long_for_an_event_is_made_again() -> None:
    pair = NetworkConfig("subnet-1", ("sg-1",))
    progress = Progress(users=[], listed_at=BEGAN, list_s=1.0)
    progress.keep_users(UserList({pair: tuple(map(str, range(200)))}, BEGAN, 2.0))
    assert progress.known_users() is not None
    progress.keep_users(UserList({pair: tuple(map(str, range(201)))}, BEGAN, 2.0))
    assert progress.known_users() is None
