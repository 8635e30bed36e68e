from __future__ import annotations

from surefoot_tools.profile.import_graph import unreachable_without

LOADED = {"app", "a", "b", "shared", "pkg", "pkg.mod"}
PAIRS = [
    ("surefoot._runtime.handlers.resolve", "app"),
    ("app", "a"),
    ("app", "b"),
    ("a", "shared"),
    ("b", "shared"),
    ("b", "pkg.mod"),
]


def test_what_only_the_statement_brings_in_goes_with_it() -> None:
    assert unreachable_without(PAIRS, LOADED, {("app", "a")}) == {"a"}
    assert unreachable_without(PAIRS, LOADED, {("app", "b")}) == {"b", "pkg", "pkg.mod"}


def test_what_two_bring_in_goes_with_both() -> None:
    both = {("app", "a"), ("app", "b")}
    assert unreachable_without(PAIRS, LOADED, both) == {"a", "b", "shared", "pkg", "pkg.mod"}


def test_a_package_stays_as_long_as_one_of_its_modules() -> None:
    pairs = [*PAIRS, ("app", "pkg")]
    assert "pkg" not in unreachable_without(pairs, LOADED, {("app", "pkg")})


def test_circles_do_not_hold_each_other() -> None:
    pairs = [("x", "app"), ("app", "a"), ("a", "b"), ("b", "a")]
    assert unreachable_without(pairs, {"app", "a", "b"}, {("app", "a")}) == {"a", "b"}


def test_a_module_that_nothing_imports_is_there_in_its_own_right() -> None:
    assert unreachable_without([("app", "a")], {"app", "a", "injected"}, {("app", "a")}) == {"a"}
