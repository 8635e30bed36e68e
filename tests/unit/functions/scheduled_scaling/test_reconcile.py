"""The loop of a step on a kind of its own: what is done now, later, never, and in which order."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from scheduled_scaling import reconcile, scenarios
from scheduled_scaling.announce import LATE
from scheduled_scaling.errors import Superseded, TargetError
from scheduled_scaling.estimate import Estimate, Rates
from scheduled_scaling.event import Request
from scheduled_scaling.job import Job, Work
from scheduled_scaling.kinds import KINDS
from scheduled_scaling.model import Action, Plan, Reading, Target
from scheduled_scaling.scenarios import Scenario
from scheduled_scaling.settings import Settings
from scheduled_scaling.state_codec import SavedState
from scheduled_scaling.target_progress import FAILED, OPEN, REACHED, SKIPPED, TargetProgress
from tests.unit.functions.fake_aws import error

START = 1_795_000_000.0


class Counter:
    """A kind of targets that are a number each. It takes `delay` readings to show a change."""

    max_batch = 2
    tagging = None

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.hidden: dict[str, list[int]] = {}
        self.delay = 0
        self.broken: dict[str, TargetError] = {}
        self.batches: list[list[str]] = []
        self.ready = True

    def batch_key(self, target: Target) -> str:
        return target.address["group"]

    def read(self, _: Any, targets: Sequence[Target]) -> Mapping[str, Reading | TargetError]:
        self.batches.append([target.name for target in targets])
        for name, waiting in self.hidden.items():
            if waiting:
                waiting[1] -= 1
                if waiting[1] < 0:
                    self.numbers[name] = waiting[0]
                    waiting.clear()
        if "unread" in self.broken:
            raise error("ThrottlingException", "Read")
        return {t.name: Reading({"n": self.numbers[t.name]}, t.name) for t in targets}

    def plan(self, target: Target, actual: Any, desired: Any) -> Plan:
        if target.name in self.broken:
            raise self.broken[target.name]
        if desired["n"] == actual["n"]:
            return Plan()
        arguments = {"name": target.name, "n": desired["n"]}
        first = Action("counter", "set", arguments, f"n -> {desired['n']}")
        second = Action("counter", "polish", {"name": target.name}, "polish", ready=False)
        third = Action("counter", "shine", {"name": target.name, "n": 0}, "shine")
        return Plan((first, second, third) if self.ready else (), "" if self.ready else "the start")

    def state_to_restore(self, actual: Any, _: Any) -> Any:
        return {"n": actual["n"]}

    def fall_back(self, desired: Any) -> Any:
        if not desired.get("fallback"):
            return None
        return {"n": desired["fallback"][0], "class": "small", "fallback": []}

    def billed_units(self, *_: Any) -> Mapping[str, float]:
        return {}

    def parse_desired_state(self, reader: Any) -> Any:
        return {"n": reader.integer("n", 0, 99)}


class World:
    """Job and everything around it; time passes in sleeps only."""

    last_service = "counter"

    def __init__(self, kind: Counter) -> None:
        self.kind = kind
        self.now = START
        self.done: list[str] = []
        self.refusals: dict[str, list[Exception]] = {}
        self.saved: dict[str, SavedState | Exception] = {}
        self.deleted: list[str] = []
        self.announced: list[str] = []
        self.renewals = 0
        self.superseded_at = 0
        self.left = 100.0
        self.remaining_s = 1000.0
        self.place = "somewhere"
        self.slept: list[float] = []

    # clients
    def apply(self, action: Action) -> None:
        name = action.arguments["name"]
        refusals = self.refusals.get(name, [])
        if refusals:
            raise refusals.pop(0)
        self.done.append(f"{name} {action.description}")
        if not self.kind.hidden.get(name):
            self.kind.hidden[name] = [action.arguments["n"], self.kind.delay]

    # the store
    def load(self, seen: Sequence[tuple[Target, Reading]]) -> Mapping[str, Any]:
        return {target.name: self.saved.get(target.name) for target, _ in seen}

    def save(self, target: Target, _: Reading, saved: SavedState) -> bool:
        self.done.append(f"save {target.name}")
        self.saved[target.name] = saved
        return True

    def delete(self, target: Target, _: Reading) -> None:
        self.deleted.append(target.name)

    # the lease
    def renew(self, _: float) -> None:
        self.renewals += 1
        if self.renewals == self.superseded_at:
            raise Superseded("a newer event takes over")

    # announcements
    def send(self, kind: str, _: Mapping[str, Any]) -> None:
        self.announced.append(kind)

    # the budget
    def __bool__(self) -> bool:
        return self.left > 0

    @property
    def seconds(self) -> float:
        return max(self.left, 0.0)

    reserve = 10.0

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.left -= seconds
        self.remaining_s = max(self.remaining_s - seconds, 0.0)


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Counter:
    made = Counter()
    for module in (reconcile, scenarios):
        monkeypatch.setattr(module, "KINDS", {**KINDS, "counter": made})
    return made


@pytest.fixture
def world(kind: Counter) -> World:
    return World(kind)


def make_job(
    world: World,
    *targets: Target,
    step: str = "out",
    rest: str = "in",
    by: float = 0.0,
    **settings: Any,
) -> Job:
    anything: Any = world
    scenario = Scenario("night", targets, frozenset({"out", "in", "restore"}), rest)
    return Job(
        scenario=scenario,
        step=step,
        work=Work(Request("night", step, START), START, "", by),
        targets={target.name: TargetProgress(target) for target in targets},
        rates=Rates({}, {}, ""),
        settings=Settings(max_parallel=1, **settings),
        aws=anything,
        store=anything,
        lease=anything,
        announcer=anything,
        chain=anything,
        budget=anything,
        clock=lambda: world.now,
        sleep=world.sleep,
        predecessors=scenario.predecessors(step),
    )


def counter(name: str, *after: str, out: int = 5, group: str = "g", **more: Any) -> Target:
    states = {"out": {"n": out, **more}, "in": {"n": 1}}
    return Target(name, "counter", {"group": group}, states, after)


def statuses(job: Job) -> dict[str, str]:
    return {name: progress.status for name, progress in job.targets.items()}


def test_each_state_is_saved_before_the_change_and_only_ready_calls_are_made(world: World) -> None:
    world.kind.numbers = {"a": 1, "b": 5}
    job = make_job(world, counter("a"), counter("b"))
    assert reconcile.reconcile(job)
    assert world.done == ["save a", "a n -> 5"]
    saved = world.saved["a"]
    assert saved == SavedState({"n": 1}, "2026-11-18T11:06:40Z", "night/out")
    assert statuses(job) == {"a": REACHED, "b": REACHED}
    assert (job.targets["a"].before, job.targets["a"].after) == ({"n": 1}, {"n": 5})
    assert world.slept == []
    assert {p.estimate for p in job.targets.values()} == {Estimate(0.0, 0.0)}


def test_a_saved_state_is_kept(world: World) -> None:
    world.kind.numbers, world.saved = {"a": 2}, {"a": SavedState({"n": 1}, "s", "t")}
    assert reconcile.reconcile(make_job(world, counter("a")))
    assert world.done == ["a n -> 5"]


def test_without_a_saved_state_nothing_changes(world: World) -> None:
    world.kind.numbers = {"a": 1, "b": 1}
    world.saved = {"a": error("AccessDenied", "Load")}
    job = make_job(world, counter("a"), counter("b"))
    assert reconcile.reconcile(job)
    assert statuses(job) == {"a": FAILED, "b": REACHED}
    assert world.done == ["save b", "b n -> 5"]
    assert len(world.kind.batches) == 2


def test_a_state_that_cannot_be_saved_now_keeps_its_own_target_back_only(world: World) -> None:
    world.kind.numbers = {"a": 1, "b": 1}
    world.saved = {"a": error("ThrottlingException", "Load")}
    job = make_job(world, counter("a"), counter("b"), continue_by="return")
    assert not reconcile.reconcile(job)
    assert world.done == ["save b", "b n -> 5"]
    assert len(world.kind.batches) == 3
    assert statuses(job) == {"a": OPEN, "b": REACHED}


@pytest.mark.parametrize(("early_s", "announced"), [(0.0, [LATE]), (0.001, [])])
def test_a_step_is_late_at_its_time(world: World, early_s: float, announced: list[str]) -> None:
    world.kind.numbers = {"a": 5}
    assert reconcile.reconcile(make_job(world, counter("a"), by=START + early_s))
    assert world.announced == announced


def test_a_state_that_nothing_can_save_is_noted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.kind.numbers = {"a": 1}
    monkeypatch.setattr(world, "save", lambda *_: False)
    job = make_job(world, counter("a"))
    assert reconcile.reconcile(job)
    assert "its state is not saved" in job.targets["a"].note
    assert statuses(job) == {"a": REACHED}


@pytest.mark.parametrize(("step", "saves"), [("out", True), ("in", False), ("restore", False)])
def test_a_step_of_rest_saves_nothing_and_deletes_what_was_saved(
    world: World, step: str, saves: bool
) -> None:
    world.kind.numbers = {"a": 9}
    if not saves:
        world.saved = {"a": SavedState({"n": 3}, "s", "t")}
    job = make_job(world, counter("a"), step=step)
    assert reconcile.reconcile(job)
    assert ("save a" in world.done) is saves
    assert world.deleted == ([] if saves else ["a"])
    assert world.kind.numbers["a"] == {"out": 5, "in": 1, "restore": 3}[step]


def test_a_restore_skips_what_was_not_saved_and_fails_what_is_wrong(world: World) -> None:
    world.kind.numbers = {"a": 9, "b": 9, "c": 9, "d": 9}
    world.saved = {
        "b": SavedState({"n": "many"}, "s", "t"),
        "c": error("AccessDenied", "Load"),
        "d": SavedState({"n": 9}, "since", "before"),
    }
    job = make_job(world, *map(counter, "abcd"), step="restore")
    assert reconcile.reconcile(job)
    assert statuses(job) == {"a": SKIPPED, "b": FAILED, "c": FAILED, "d": REACHED}
    assert job.targets["a"].note == "no state is saved"
    assert "the saved state of b.n: it is a text" in job.targets["b"].error["reason"]
    assert job.targets["d"].note == "as before before, since"
    assert (world.done, world.deleted) == ([], ["d"])


def test_a_target_without_the_step_is_skipped(world: World) -> None:
    world.kind.numbers = {"a": 1, "b": 1}
    only_in = Target("b", "counter", {"group": "g"}, {"in": {"n": 1}})
    job = make_job(world, counter("a"), only_in)
    assert reconcile.reconcile(job)
    assert statuses(job) == {"a": REACHED, "b": SKIPPED}
    assert job.targets["b"].note == "it has no step out"


@pytest.mark.parametrize(("step", "order"), [("out", ["a", "b", "c"]), ("in", ["c", "b", "a"])])
def test_targets_change_one_after_the_other_and_back_again(
    world: World, step: str, order: list[str]
) -> None:
    world.kind.numbers = {"a": 3, "b": 3, "c": 3}
    world.kind.delay = 1
    targets = (counter("b", "a"), counter("c", "b"), counter("a"))
    job = make_job(world, *targets, step=step)
    assert reconcile.reconcile(job)
    changed = [line.split()[0] for line in world.done if "->" in line]
    assert changed == order


def test_what_comes_after_a_failed_target_fails_and_the_others_go_on(world: World) -> None:
    world.kind.numbers = {"a": 1, "b": 1, "c": 1, "d": 1}
    world.refusals = {"a": [error("AccessDenied", "Set")]}
    job = make_job(
        world, counter("a"), counter("b", "a"), counter("c", "b"), counter("d", group="h")
    )
    assert reconcile.reconcile(job)
    assert statuses(job) == {"a": FAILED, "b": FAILED, "c": FAILED, "d": REACHED}
    assert "it comes after a, which failed" in str(job.targets["b"])
    assert [line for line in world.done if "->" in line] == ["d n -> 5"]


class Counted(dict[str, TargetProgress]):
    """Counts how often a target is looked up, and forbids to look at all of them."""

    looked = 0

    def __getitem__(self, name: str) -> TargetProgress:
        self.looked += 1
        return super().__getitem__(name)

    def items(self) -> Any:
        raise AssertionError("all targets are looked at")


def test_each_target_looks_at_those_before_it_only(world: World) -> None:
    """A plan of 500 targets takes no 250,000 looks."""
    first, *others = [counter(f"t{number}") for number in range(500)]
    last = counter("last", "t7", "t3")
    job = make_job(world, first, *others, last)
    targets = Counted(job.targets)
    job = dataclasses.replace(job, targets=targets)
    assert job.blockers(dict.__getitem__(targets, "last")) == ["t3", "t7"]
    assert all(job.blockers(dict.__getitem__(targets, each.name)) == [] for each in others)
    assert targets.looked == 2


def test_a_problem_that_what_comes_first_may_solve_is_waited_for(world: World) -> None:
    world.kind.numbers = {"a": 1, "b": 1}
    world.kind.broken = {"b": TargetError("the cluster is stopped", "start it")}
    world.kind.delay = 1
    job = make_job(world, counter("a"), counter("b", "a"))
    reconcile.plan(job)
    assert (job.targets["b"].status, job.targets["b"].error) == (OPEN, {})
    assert job.targets["b"].waiting == "a to be reached"
    assert reconcile.reconcile(job)
    assert statuses(job) == {"a": REACHED, "b": FAILED}
    assert "b: the cluster is stopped; start it" in reconcile.failed_targets(job)


def test_a_call_is_not_repeated_until_it_had_time_to_show(world: World) -> None:
    world.kind.numbers, world.kind.delay = {"a": 1}, 3
    job = make_job(world, counter("a"), poll_s=15.0, settle_s=60.0)
    assert reconcile.reconcile(job)
    assert world.done == ["save a", "a n -> 5"]
    assert world.slept == [15.0, 15.0, 15.0]


def test_a_call_that_does_not_show_is_repeated_after_that_time(world: World) -> None:
    world.kind.numbers, world.kind.delay, world.left = {"a": 1}, 6, 300.0
    job = make_job(world, counter("a"), poll_s=15.0, settle_s=60.0)
    assert reconcile.reconcile(job)
    assert world.done == ["save a", "a n -> 5", "a n -> 5"]
    assert sum(world.slept) >= 60


def test_the_time_limit_fails_what_waits_and_says_for_what(world: World) -> None:
    world.kind.numbers, world.kind.ready = {"a": 1}, False
    world.remaining_s = 40.0
    job = make_job(world, counter("a"), poll_s=15.0)
    assert reconcile.reconcile(job)
    assert str(job.targets["a"]).startswith("a: it waited too long for the start; look at it")


def test_the_time_limit_keeps_an_error_that_was_recorded(world: World) -> None:
    world.kind.numbers, world.remaining_s = {"a": 1}, 0.0
    world.refusals = {"a": [error("ThrottlingException", "Set")] * 9}
    job = make_job(world, counter("a"))
    assert reconcile.reconcile(job)
    assert "counter:Set failed (ThrottlingException)" in str(job.targets["a"])


@pytest.mark.parametrize("continue_by", ["return", "durable"])
def test_others_wait_instead_of_the_function(world: World, continue_by: str) -> None:
    world.kind.numbers, world.kind.delay = {"a": 1}, 3
    job = make_job(world, counter("a"), continue_by=continue_by)
    assert not reconcile.reconcile(job)
    assert (world.slept, job.targets["a"].waiting) == ([], "n -> 5 to show")


def test_the_rest_of_an_invocation_is_slept_before_it_hands_over(world: World) -> None:
    world.kind.numbers, world.kind.ready = {"a": 1}, False
    world.left = 35.0
    assert not reconcile.reconcile(make_job(world, counter("a"), poll_s=15.0))
    assert world.slept == [15.0, 15.0, 5.0]


def test_without_time_nothing_is_begun(world: World) -> None:
    world.kind.numbers, world.left = {"a": 1}, 0.0
    job = make_job(world, counter("a"))
    assert not reconcile.reconcile(job)
    assert world.done == []


def test_a_newer_event_ends_it_before_the_next_call(world: World) -> None:
    world.kind.numbers, world.superseded_at = {"a": 1}, 3
    with pytest.raises(Superseded):
        reconcile.reconcile(make_job(world, counter("a")))
    assert world.done == ["save a"]


@pytest.mark.parametrize(
    ("code", "number", "fallbacks", "slept"),
    [
        ("InsufficientDBInstanceCapacity", 3, 1, []),
        ("ThrottlingException", 5, 0, [15.0]),
    ],
)
def test_another_class_is_taken_only_without_capacity(
    world: World, code: str, number: int, fallbacks: int, slept: list[float]
) -> None:
    world.kind.numbers = {"a": 1}
    world.refusals = {"a": [error(code, "Set")]}
    classes: dict[str, Any] = {"class": "big", "fallback": [3]}
    target = counter("a", **classes)
    job = make_job(world, target)
    assert reconcile.reconcile(job)
    assert (world.kind.numbers["a"], world.slept) == (number, slept)
    reasons = job.targets["a"].fallbacks
    assert len(reasons) == fallbacks
    assert all(reason == f"big -> small: {code} happened" for reason in reasons)
    assert job.targets["a"].error == {}


def test_lateness_is_announced_once_at_its_time(world: World) -> None:
    world.kind.numbers, world.kind.delay = {"a": 1}, 4
    job = make_job(world, counter("a"), by=START + 30, poll_s=15.0, settle_s=600.0)
    assert reconcile.reconcile(job)
    assert world.announced == [LATE]
    assert job.lateness.announced
    early = make_job(world, counter("a"), by=world.now + 1)
    assert reconcile.reconcile(early)
    assert world.announced == [LATE]


def test_targets_are_read_in_batches_of_their_kind_and_group(world: World) -> None:
    targets = [counter(f"{group}{n}", group=group) for group in "xy" for n in range(3)]
    world.kind.numbers = {target.name: 5 for target in targets}
    found = reconcile.read_all(make_job(world, *targets).aws, targets, 1)
    assert world.kind.batches == [["x0", "x1"], ["x2"], ["y0", "y1"], ["y2"]]
    again = reconcile.read_all(make_job(world, *targets).aws, targets, 4)
    assert {name: each.state for name, each in again.items()} == {  # type: ignore[union-attr]
        name: each.state  # type: ignore[union-attr]
        for name, each in found.items()
    }


def test_an_error_of_a_batch_is_each_target_s(world: World) -> None:
    world.kind.numbers = {"a": 5, "b": 5}
    world.kind.broken = {"unread": TargetError("", "")}
    job = make_job(world, counter("a"), counter("b"), continue_by="return")
    assert not reconcile.reconcile(job)
    assert {p.waiting for p in job.targets.values()} == {
        "counter:Read to be accepted (ThrottlingException)"
    }


def test_a_plan_fails_what_is_wrong_and_makes_no_call(world: World) -> None:
    world.kind.numbers = {"a": 5, "b": 5, "c": 1, "d": 1}
    world.kind.broken = {"d": TargetError("it is odd", "mend it", transient=True)}
    job = make_job(world, counter("a"), counter("b", "a"), counter("c", "b"), counter("d"))
    reconcile.plan(job)
    assert statuses(job) == {"a": REACHED, "b": REACHED, "c": OPEN, "d": FAILED}
    assert job.targets["c"].waiting == ""
    assert world.done == []


def test_verify_looks_at_fallbacks_and_at_errors(world: World) -> None:
    world.kind.numbers = {"a": 3, "b": 4, "c": 5}
    fallback: dict[str, Any] = {"class": "big", "fallback": [3]}
    job = make_job(world, counter("a", **fallback), counter("b", **fallback), counter("c", "b"))
    reconcile.verify(job)
    assert statuses(job) == {"a": REACHED, "b": OPEN, "c": REACHED}
    assert job.targets["a"].desired_state == {"n": 3, "class": "small", "fallback": []}
    assert not job.is_reached
