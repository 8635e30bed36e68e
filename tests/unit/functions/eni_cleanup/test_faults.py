"""Every step of a Delete fails once, is slow once, or is the last one of its process."""

from __future__ import annotations

import pytest

from tests.unit.functions.eni_cleanup import faults
from tests.unit.functions.eni_cleanup.services import Eni, Function
from tests.unit.functions.eni_cleanup.world import World, request, shop

# Short invocations and a Lambda that takes its time, so that the work is handed over on its way.
TIMEOUT_S, RELEASE_S = 100.0, 150.0


def _world() -> World:
    world = shop(World(timeout_s=TIMEOUT_S, release_s=RELEASE_S), count=4)
    # Another function in the same subnets, with another group: never to be touched.
    world.functions["other"] = Function(["subnet-0a1b2c3d"], ["sg-0a1b2c3d"])
    world.enis["eni-0ther000"] = Eni("subnet-0a1b2c3d", ["sg-0a1b2c3d"])
    # An orphan whose role is gone.
    world.enis["eni-0rphan00"] = Eni("subnet-1a1b2c3d", ["sg-9a1b2c3d"], "available", attachment="")
    return world


def _steps() -> int:
    world = _world()
    world.run(request())
    assert {"invoke", "delete_network_interface", "tag_resource"} <= set(world.steps)
    return len(world.steps)


STEPS = _steps()


def _check(world: World) -> None:
    assert [answer["Status"] for answer in world.answers] == ["SUCCESS"] * len(world.answers)
    assert world.answers
    assert not world.lost
    assert not world.crimes
    # At the moment of the answer, not only in the end: a SUCCESS that comes too early is wrong.
    assert world.enis_at_answer == [{"eni-0ther000"}] * len(world.answers)


@pytest.mark.parametrize("deed", [faults.kill, faults.throttle, faults.fail, faults.stall])
def test_no_answer_is_lost_at_any_step(deed: faults.Fault) -> None:
    for step in range(STEPS):
        world = _world()
        world.fault = faults.at(step, deed)
        world.run(request())
        _check(world)
        assert len(world.steps) > step


def test_no_answer_is_lost_when_two_tries_in_a_row_are_killed() -> None:
    for step in range(STEPS):
        world = _world()
        # The second try, too, dies right after it began, or some steps on.
        world.fault = faults.at({step, step + 1 + step % 7}, faults.kill)
        world.run(request())
        _check(world)


def test_killed_after_the_answer_was_sent_it_answers_the_same_again() -> None:
    world = _world()
    world.fault_after_answer = faults.kill
    world.run(request())
    assert len(world.answers) == 2
    _check(world)


def test_a_service_that_is_down_for_twenty_minutes_is_waited_for() -> None:
    world = _world()

    def down(there: World, name: str) -> None:
        if name == "list_functions" and there.elapsed_s < 1200:
            faults.fail(there, name)

    world.fault = down
    world.run(request())
    _check(world)
    assert world.elapsed_s > 1200


def test_a_note_on_the_function_finds_what_a_killed_invocation_detached() -> None:
    world = _world()
    update: list[str] = []

    def die_after_update(there: World, name: str) -> None:
        if update and there.invocations == 1:
            there.kill()
        if name == "update_function_configuration":
            update.append(name)

    world.fault = die_after_update
    world.run(request())
    assert world.functions["shop"].subnets == []
    _check(world)
