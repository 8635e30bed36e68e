"""Budgets and resumable work: the time is what a clock of the test's says it is."""

from __future__ import annotations

import binascii
import doctest
import json
import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot import Budget, ContinuationError, NoProgress, Resumable
from surefoot.kit import resumable
from surefoot.kit.resumable import MAX_TOKEN_CHARS, decode_token, encode_token
from surefoot.testing import fake_context, invoke


class Clock:
    """Seconds that pass only where a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def rounds(handler: Callable[[Any, Any], Any], clock: Clock, timeout: float) -> int:
    """Invoke a handler with its own results as events until it is done; return how often."""
    event: Any = {"source": "aws.events"}
    for count in range(1, 50):
        event = invoke(handler, event, timeout=timeout, clock=clock)
        if event["done"]:
            return count
    raise AssertionError("it does not end")


def test_the_documented_example_is_right() -> None:
    outcome = doctest.testmod(resumable)
    assert (outcome.failed, outcome.attempted) == (0, 10)


def test_a_budget_counts_down_less_its_reserve(clock: Clock) -> None:
    budget = Budget(fake_context(timeout=10, clock=clock), reserve=2.5)
    assert (budget.milliseconds, budget.seconds, bool(budget)) == (7500, 7.5, True)
    assert budget.enough(7.5)
    assert not budget.enough(7.501)
    clock.work(7.25)
    assert repr(budget) == "Budget(0.250 s left, 2.5 s in reserve)"
    clock.work(1)
    assert (budget.milliseconds, budget.seconds, bool(budget)) == (0, 0.0, False)


def test_a_budget_takes_any_context() -> None:
    assert Budget(SimpleNamespace(get_remaining_time_in_millis=lambda: 1500)).seconds == 1.5
    with pytest.raises(TypeError, match=r"the context is dict, .* pass the handler's second arg"):
        Budget({})  # type: ignore[arg-type]


@pytest.mark.parametrize("reserve", [-1, float("nan"), float("inf")])
def test_a_reserve_is_a_number_of_seconds(reserve: float) -> None:
    with pytest.raises(ValueError, match="it takes seconds, 0 or more"):
        Budget(fake_context(), reserve)


def test_work_ends_over_several_invocations_and_repeats_nothing(clock: Clock) -> None:
    seen: list[int] = []

    def handler(event: Any, context: Any) -> Any:
        work = Resumable(event, context, reserve=5.0)
        for number in work.iterate(range((work.position or 0) + 1, 11), key=lambda number: number):
            clock.work(4)
            seen.append(number)
        return work.result()

    # 20 s less the reserve are room for three items of 4 s; the fourth would need 16.
    assert rounds(handler, clock, timeout=20) == 4
    assert seen == list(range(1, 11))


@given(
    lasting=st.lists(st.integers(0, 5), max_size=12),
    timeout=st.integers(1, 12),
    reserve=st.integers(0, 3),
)
def test_every_chain_ends_with_each_item_worked_on_once_or_with_an_error(
    lasting: list[int], timeout: int, reserve: int
) -> None:
    clock = Clock()
    seen: list[int] = []

    def handler(event: Any, context: Any) -> Any:
        work = Resumable(event, context, reserve=reserve)
        begun = clock.now
        for at in work.iterate(range(work.position or 0, len(lasting)), key=lambda at: at + 1):
            assert at == (work.position or 0)
            assert clock.now < begun + timeout - reserve
            clock.work(lasting[at])
            seen.append(at)
        return work.result()

    if timeout > reserve:
        assert rounds(handler, clock, timeout) <= max(len(lasting) + 1, 1)
        assert seen == list(range(len(lasting)))
    else:
        with pytest.raises(NoProgress):
            rounds(handler, clock, timeout)


def test_pages_end_with_the_missing_token_of_the_last(clock: Clock) -> None:
    pages = {None: "b", "b": "c", "c": None}
    seen: list[str | None] = []

    def listed(start: str | None) -> Iterator[dict[str, str | None]]:
        while True:
            clock.work(3)
            seen.append(start)
            yield {"NextToken": pages[start]}
            start = pages[start]

    def handler(event: Any, context: Any) -> Any:
        work = Resumable(event, context)
        for _ in work.iterate(listed(work.position), key=lambda page: page["NextToken"]):
            clock.work(1)
        return work.result()

    # Fetching counts: a page takes 4 s, and the second would not end before the reserve.
    assert rounds(handler, clock, timeout=8) == 3
    assert seen == [None, "b", "c"]


@pytest.mark.parametrize(("timeout", "begun"), [(20, "abcd"), (17, "abcd"), (16, "abc"), (9, "ab")])
def test_no_item_is_begun_without_room_for_one_like_the_longest(
    clock: Clock, timeout: float, begun: str
) -> None:
    lasting = {"a": 2, "b": 7, "c": 1, "d": 1}
    work = Resumable({}, fake_context(timeout=timeout, clock=clock), reserve=0)
    seen = ""
    for item in work.iterate(lasting, key=str):
        clock.work(lasting[item])
        seen += item
    assert seen == begun


def test_the_first_item_is_tried_while_there_is_any_time(clock: Clock) -> None:
    work = Resumable({}, fake_context(timeout=1.001, clock=clock), reserve=1.0)
    assert list(work.iterate("ab", key=ord)) == ["a", "b"]
    work = Resumable({}, fake_context(timeout=1.001, clock=clock), reserve=1.0)
    for _ in work.iterate("ab", key=ord):
        clock.work(900)
    assert work.result()["continuation"] == encode_token("test-function", ord("a"))


def test_no_time_for_any_item_is_an_error_not_an_endless_chain(clock: Clock) -> None:
    def handler(event: Any, context: Any) -> Any:
        work = Resumable(event, context, reserve=5.0)
        assert list(work.iterate("ab", key=ord)) == []
        return work.result()

    with pytest.raises(NoProgress, match=r"0 ms are left beyond the reserve of 5.0 s. Raise the f"):
        invoke(handler, {}, timeout=3, clock=clock)


def test_a_continuation_that_nobody_reads_is_an_error_not_an_endless_chain(clock: Clock) -> None:
    event = {"continuation": encode_token("test-function", 7)}
    work = Resumable(event, fake_context(clock=clock))
    with pytest.raises(NoProgress, match=r"List the items after Resumable.position"):
        list(work.iterate("ab", key=ord))


def test_leaving_at_the_first_item_is_an_error_unless_it_is_meant() -> None:
    work = Resumable({}, fake_context())
    for _ in work.iterate("ab", key=ord):
        break
    with pytest.raises(NoProgress, match=r"Call stop\(\) instead of break"):
        work.result()
    assert work.result(done=True) == {"done": True}
    assert decode_token("test-function", work.result(done=False)["continuation"]) is None


def test_stop_counts_the_item_and_break_does_not() -> None:
    stopped = Resumable({}, fake_context(), name="w")
    left = Resumable({}, fake_context(), name="w")
    for item in stopped.iterate("abc", key=str):
        if item == "b":
            stopped.stop()
    for item in left.iterate("abc", key=str):
        if item == "b":
            break
    assert stopped.result() == {"done": False, "continuation": encode_token("w", "b")}
    assert left.result() == {"done": False, "continuation": encode_token("w", "a")}


def test_stop_outside_a_loop_says_that_more_remains() -> None:
    work = Resumable({}, fake_context())
    assert list(work.iterate("a", key=str)) == ["a"]
    work.stop()
    assert work.result()["done"] is False
    assert list(work.iterate("b", key=str)) == []


def test_an_item_that_fails_is_not_done() -> None:
    work = Resumable({}, fake_context(), name="w")
    items = map({"a": "known"}.__getitem__, work.iterate("abc", key=str))
    with pytest.raises(KeyError):
        list(items)
    assert work.result()["continuation"] == encode_token("w", "a")


def test_work_without_a_loop_is_done() -> None:
    assert Resumable(["no", "object"], fake_context()).result() == {"done": True}


@pytest.mark.parametrize("timeout", [4, 6, 9, 30])
def test_nested_loops_stop_together_and_go_on_where_they_were(clock: Clock, timeout: float) -> None:
    regions = ["eu", "us"]
    seen: list[tuple[str, int]] = []

    def handler(event: Any, context: Any) -> Any:
        work = Resumable(event, context)
        region, number = work.position or ["eu", 0]
        for name in work.iterate(regions[regions.index(region) :], key=lambda name: [name, 3]):
            first = number if name == region else 0
            numbers = range(first + 1, 4)
            for each in work.iterate(numbers, key=lambda each, name=name: [name, each]):  # type: ignore[misc]
                clock.work(2)
                seen.append((name, each))
        return work.result()

    rounds(handler, clock, timeout)
    assert seen == [(name, number) for name in regions for number in (1, 2, 3)]


def test_loops_in_a_row_stop_together(clock: Clock) -> None:
    work = Resumable({}, fake_context(timeout=8, clock=clock))
    for _ in work.iterate(range(9), key=int):
        clock.work(3)
    assert list(work.iterate("ab", key=str)) == []
    assert work.result()["done"] is False


def test_a_chain_ends_even_where_a_finished_loop_cannot_be_told_from_its_last_page(
    clock: Clock,
) -> None:
    def handler(event: Any, context: Any) -> Any:
        work = Resumable(event, context)
        assert work.position in (None, "last page")
        for _ in work.iterate(["last page"], key=lambda _: None):
            clock.work(9)
        list(work.iterate("ab", key=str))
        return work.result()

    event = {"continuation": encode_token("test-function", "last page")}
    with pytest.raises(NoProgress, match="before an item was done that the continuation could"):
        invoke(handler, event, timeout=10, clock=clock)


POSITIONS: list[object] = [
    None,
    0,
    -1.5,
    True,
    "",
    "ä\ud800\0",
    [],
    {"a": [1, {"b": None}]},
    "x" * 100_000,
]


@pytest.mark.parametrize("position", POSITIONS, ids=lambda position: repr(position)[:20])
def test_a_position_survives_as_a_token_that_any_url_can_hold(position: object) -> None:
    token = encode_token("name", position)
    assert re.fullmatch(r"sf1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+", token)
    assert decode_token("name", json.loads(json.dumps(token))) == position


def test_every_single_change_of_a_token_is_noticed() -> None:
    token = encode_token("", ["some", "position"])
    for at in range(len(token)):
        for other in ("", "A", "~", "é"):
            changed = token[:at] + other + token[at + 1 :]
            if changed != token:
                with pytest.raises(ContinuationError, match="Pass it on as it was returned"):
                    decode_token("", changed)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (17, "is a value of type int, not a string"),
        ("", "was not made by surefoot"),
        ("eyJOZXh0VG9rZW4iOiBudWxsfQ==", "was not made by surefoot"),
        ("sf2.00000000.AAAA", "has the format sf2; this version of surefoot reads sf1"),
        (encode_token("w", 1)[:-1], "is damaged: it was cut or changed on its way"),
        (
            f"sf1.{binascii.crc32(b'bnVsbA'):08x}.bnVsbA",
            "was not made by surefoot, although its check is right",
        ),
        (encode_token("other", 1), "belongs to the work 'other', not to 'w'"),
    ],
)
def test_a_token_from_elsewhere_is_refused_with_the_reason(token: object, reason: str) -> None:
    with pytest.raises(ContinuationError, match=rf"the continuation token .* {reason}\."):
        Resumable({"continuation": token}, fake_context(), name="w")


def test_a_token_belongs_to_its_function_unless_named() -> None:
    event = {"continuation": encode_token("mine", 1)}
    assert Resumable(event, fake_context(function_name="mine")).position == 1
    with pytest.raises(ContinuationError, match="belongs to the work 'mine', not to 'yours'"):
        Resumable(event, fake_context(function_name="yours"))


def test_a_position_that_cannot_be_kept_is_found_with_the_first_item() -> None:
    circle: list[object] = []
    circle.append(circle)
    for position, reason in [
        (object(), "Object of type object is not JSON serializable"),
        (float("nan"), "Out of range float"),
        (circle, "Circular reference"),
        ("x" * MAX_TOKEN_CHARS, f"{MAX_TOKEN_CHARS:,} is the limit"),
    ]:
        items = Resumable({}, fake_context()).iterate([position, None], key=lambda item: item)
        assert next(items) is position
        with pytest.raises(ContinuationError, match=reason):
            next(items)


def test_a_position_may_change_after_it_was_given() -> None:
    work = Resumable({}, fake_context(), name="w")
    state: dict[str, str] = {}
    for item in work.iterate("ab", key=lambda _: state):
        state[item] = "seen"
        work.stop()
    state["c"] = "later"
    assert decode_token("w", work.result()["continuation"]) == {"a": "seen"}
