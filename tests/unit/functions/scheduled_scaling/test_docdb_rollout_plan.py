"""The plans for the instances of a cluster, as values: nothing is called."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduled_scaling.errors import TargetError
from scheduled_scaling.kinds import docdb_instances
from scheduled_scaling.kinds.docdb_rollout_plan import Member, plan_rollout
from scheduled_scaling.model import Plan, Target

SMALL, BIG = "db.r6g.large", "db.r6g.2xlarge"
CLUSTER = Target("db", "docdb-instances", {"cluster": "orders"}, {})


def state(*members: str, status: str = "available", **odd: Any) -> dict[str, Any]:
    """The cluster orders; a member is written "orders-1 SMALL writer stopped"."""
    instances = []
    for text in members:
        name, size, *words = text.split()
        instances.append(
            {
                "id": name,
                "class": {"small": SMALL, "big": BIG}[size],
                "tier": 1,
                "status": next((w for w in words if w != "writer"), "available"),
                "writer": "writer" in words,
                "created": "-scaled-" in name,
                **odd.get(name.replace("-", "_"), {}),
            }
        )
    return {"status": status, "engine": "docdb", "instances": instances}


def describe(plan: Plan) -> list[str]:
    """The calls, those for later in brackets."""
    lines = [
        f"{a.call.split('_')[0]} {a.description.split(',')[0].split(':')[0]}" for a in plan.actions
    ]
    return [
        line if action.ready else f"({line})"
        for line, action in zip(lines, plan.actions, strict=True)
    ]


PLANS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "nothing to do": (state("orders-1 big writer"), {"class": BIG, "readers": 0}, []),
    "readers first, then the failover, then the old writer": (
        state("orders-1 small writer", "orders-2 small"),
        {"class": BIG},
        [
            "modify reader orders-2",
            "(failover writer orders-1 -> orders-2)",
            "(modify reader orders-1)",
        ],
    ),
    "readers one at a time": (
        state("orders-1 big writer", "orders-2 small", "orders-3 small"),
        {"class": BIG},
        ["modify reader orders-2", "(modify reader orders-3)"],
    ),
    "new readers at once": (
        state("orders-1 small writer"),
        {"readers": 2},
        ["create reader orders-scaled-1", "create reader orders-scaled-2"],
    ),
    "a writer alone changes in place": (
        state("orders-1 small writer"),
        {"class": BIG},
        ["modify writer orders-1"],
    ),
    "what was made here goes, after the writer's role has left it": (
        state("orders-1 big", "orders-scaled-1 big writer"),
        {"class": SMALL, "readers": 0},
        [
            "modify reader orders-1",
            "(failover writer orders-scaled-1 -> orders-1)",
            "(delete remove reader orders-scaled-1)",
        ],
    ),
    "a reader that is to go stands in for the only other one": (
        state("orders-1 big writer", "orders-scaled-1 big"),
        {"class": SMALL, "readers": 0},
        [
            "failover writer orders-1 -> orders-scaled-1",
            "(modify reader orders-1)",
            "(failover writer orders-scaled-1 -> orders-1)",
            "(delete remove reader orders-scaled-1)",
        ],
    ),
    "the highest numbers go first": (
        state("orders-1 big writer", "orders-scaled-1 big", "orders-scaled-2 big"),
        {"readers": 1},
        ["delete remove reader orders-scaled-2"],
    ),
    "a free number is taken for a new one": (
        state("orders-1 big writer", "orders-scaled-2 big"),
        {"readers": 2},
        ["create reader orders-scaled-1"],
    ),
    "the writer of before is preferred": (
        state("orders-1 small writer", "orders-2 big", "orders-3 big"),
        {"class": BIG, "writer": "orders-3"},
        ["failover writer orders-1 -> orders-3", "(modify reader orders-1)"],
    ),
    "a tier alone needs no failover": (
        state("orders-1 big writer", "orders-2 big"),
        {"tiers": {"orders-1": 0}},
        ["modify writer orders-1"],
    ),
    "an instance that is being deleted does not count": (
        state("orders-1 big writer", "orders-scaled-1 big deleting"),
        {"readers": 0},
        [],
    ),
    "changes wait while one is being made, new readers do not": (
        state("orders-1 small writer", "orders-scaled-1 big creating"),
        {"class": BIG, "readers": 2},
        [
            "create reader orders-scaled-2",
            "(failover writer orders-1 -> orders-scaled-1)",
            "(modify reader orders-1)",
        ],
    ),
    "nothing starts while the cluster is busy": (
        state("orders-1 small writer", status="modifying"),
        {"readers": 1},
        ["(create reader orders-scaled-1)"],
    ),
    "a change that waits for the maintenance window is applied now": (
        state("orders-1 big writer", "orders-2 small", orders_2={"pending": BIG}),
        {"class": BIG},
        ["modify reader orders-2"],
    ),
    "a pending change to another class is replaced": (
        state("orders-1 big writer", "orders-2 big", orders_2={"pending": SMALL}),
        {"class": BIG},
        ["modify reader orders-2"],
    ),
    "a pending change of a class that the step does not give is left alone": (
        state("orders-1 big writer", "orders-2 big", orders_2={"pending": SMALL}),
        {"readers": 1},
        [],
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_plan(name: str) -> None:
    actual, desired_state, expected = PLANS[name]
    assert describe(docdb_instances.plan(CLUSTER, actual, desired_state)) == expected


WAITING = {
    "orders-2 is creating": state("orders-1 big writer", "orders-2 big creating"),
    "the cluster is failing-over": state("orders-1 big writer", status="failing-over"),
}


@pytest.mark.parametrize("waiting", WAITING)
def test_a_plan_says_what_it_waits_for(waiting: str) -> None:
    plan = docdb_instances.plan(CLUSTER, WAITING[waiting], {"class": BIG})
    assert (plan.waiting, plan.reached) == (waiting, False)


PROBLEMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the cluster is stopped; start the cluster first": (
        state("orders-1 big writer", status="stopped"),
        {"class": BIG},
    ),
    "orders-1 is incompatible-parameters; bring it back to available first": (
        state("orders-1 big writer incompatible-parameters"),
        {"class": BIG},
    ),
    "the cluster has no instance; create its first one": (state(), {"readers": 1}),
    "the cluster has no writer now; look at it: a failover may hang": (
        state("orders-1 small"),
        {"tiers": {"orders-1": 1}},
    ),
}


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_wrong_state_is_reported_with_a_remedy(problem: str) -> None:
    with pytest.raises(TargetError) as caught:
        docdb_instances.plan(CLUSTER, *PROBLEMS[problem])
    assert str(caught.value) == problem


def test_instances_that_others_made_are_never_deleted() -> None:
    actual = state("orders-1 big writer", "orders-2 big", "orders-3 big")
    with pytest.raises(TargetError, match="ask for at least 2 readers"):
        docdb_instances.plan(CLUSTER, actual, {"readers": 1})


def test_previous_names_what_differs() -> None:
    actual = state("orders-1 small writer", "orders-2 small", "orders-3 big")
    assert docdb_instances.state_to_restore(actual, {"class": BIG, "readers": 4}) == {
        "readers": 2,
        "class": SMALL,
        "writer": "orders-1",
        "classes": {"orders-3": BIG},
    }


def test_an_instance_that_is_being_deleted_is_not_restored() -> None:
    actual = state("orders-1 small writer", "orders-2 big", "orders-3 big deleting")
    assert docdb_instances.state_to_restore(actual, {"readers": 4, "tiers": {"*": 1}}) == {
        "readers": 1,
        "class": SMALL,
        "writer": "orders-1",
        "classes": {"orders-2": BIG},
        "tiers": {"orders-1": 1, "orders-2": 1},
    }


_sizes = st.sampled_from([SMALL, BIG])


@st.composite
def _clusters(draw: st.DrawFn) -> tuple[Member, ...]:
    own = draw(st.integers(1, 4))
    made = draw(st.sets(st.integers(1, 6), max_size=4))
    names = [f"orders-{n}" for n in range(own)] + [f"orders-scaled-{n}" for n in sorted(made)]
    writer = draw(st.sampled_from(names))
    return tuple(
        Member(name, draw(_sizes), draw(st.integers(0, 3)), name == writer, "scaled" in name)
        for name in names
    )


@given(_clusters(), _sizes, st.integers(0, 8), st.integers(0, 3))
def test_every_order_ends_in_the_desired_state(
    members: tuple[Member, ...], size: str, readers: int, tier: int
) -> None:
    own = [m for m in members if "scaled" not in m.id]
    desired_state: dict[str, Any] = {
        "class": size,
        "readers": max(readers, len(own) - 1),
        "tiers": {"*": tier},
    }
    actions = plan_rollout(
        "orders", "docdb", members, desired_state, creates_now=True, changes_now=True
    )
    now = {m.id: [m.size, m.tier] for m in members}
    writer = next(m.id for m in members if m.writer)
    for action in actions:
        arguments = action.arguments
        name = arguments.get("DBInstanceIdentifier", "")
        if action.call == "create_db_instance":
            assert name not in now
            now[name] = [arguments["DBInstanceClass"], arguments["PromotionTier"]]
        elif action.call == "modify_db_instance":
            alone = len(now) == 1
            assert name != writer or alone or "DBInstanceClass" not in arguments
            now[name][0] = arguments.get("DBInstanceClass", now[name][0])
            now[name][1] = arguments.get("PromotionTier", now[name][1])
        elif action.call == "failover_db_cluster":
            writer = arguments["TargetDBInstanceIdentifier"]
            assert writer in now
        else:
            assert name != writer
            assert "scaled" in name
            del now[name]
    assert len(now) == desired_state["readers"] + 1
    assert all(entry == [size, tier] for entry in now.values())
    assert {m.id for m in own} <= set(now)
