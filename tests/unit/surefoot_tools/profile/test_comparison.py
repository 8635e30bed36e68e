"""What sealing and lazy imports save, module by module."""

from __future__ import annotations

import pytest

from surefoot_tools.profile.comparison import Variant, compare, render, variants
from surefoot_tools.profile.launch import Launch
from surefoot_tools.profile.runner import Run

HEADER = b"import time: self [us] | cumulative | imported package\n"


def run_of(total_ms: int, **modules: int) -> Run:
    rows = [
        f"import time: {own * 1000:9} | {own * 1000:10} | {name}\n".encode()
        for name, own in modules.items()
    ]
    return Run(next_ns=total_ms * 1_000_000, stderr=[(0, line) for line in [HEADER, *rows]])


@pytest.mark.parametrize(
    ("environ", "lazy", "names"),
    [
        ({}, False, ["not sealed"]),
        ({}, True, ["not sealed", "lazy imports"]),
        ({"SUREFOOT_LAZY_IMPORTS": "0"}, True, ["not sealed", "lazy imports"]),
        ({"SUREFOOT_LAZY_IMPORTS": "1"}, True, ["not sealed", "nothing lazy"]),
    ],
)
def test_the_variants_are_those_that_the_interpreter_has(
    environ: dict[str, str], lazy: bool, names: list[str]
) -> None:
    first, *others = variants(environ, has_lazy_imports=lazy)
    assert first.variables == {}
    assert [each.name for each in others] == names


def test_runs_are_taken_in_turn_with_the_variables_of_each() -> None:
    started = []

    def start(launch: Launch) -> Run:
        started.append(launch.environ.get("SUREFOOT_SEALED_INIT", ""))
        return run_of(10 + len(started), app=1)

    found = compare(Launch("a.b", "/", "module", [], {"KEPT": "1"}), 2, start)
    assert started[:2] == ["", "0"]
    assert started == [*started[: len(found)]] * 2
    assert [len(each.totals_ms) for each in found] == [2] * len(found)


def test_the_table_shows_totals_and_the_largest_differences_first() -> None:
    sealed, unsealed = Variant("as it starts", {}), Variant("not sealed", {})
    sealed.add(run_of(50, same=5, small=1))
    unsealed.add(run_of(90, same=5, small=2, large=30))
    lines = render([sealed, unsealed], top=2).splitlines()
    assert lines[2].split() == ["as", "it", "starts", "not", "sealed"]
    assert lines[3].split() == ["until", "the", "answer", "50.0", "90.0"]
    assert lines[4].split() == ["modules", "loaded", "2", "3"]
    assert [line.split() for line in lines[5:]] == [
        ["large", "-", "30.00"],
        ["small", "1.00", "2.00"],
    ]
