"""The list of what is mutated names what there is."""

from __future__ import annotations

from tests.mutants.__main__ import EQUIVALENT
from tests.mutants.targets import ROOT, TARGETS


def test_every_module_and_its_tests_are_there() -> None:
    for target in TARGETS:
        assert (ROOT / target.path).is_file(), target.module
        for path in (*target.tests, *target.slow):
            assert (ROOT / "tests" / path).exists(), path


def test_every_equivalent_mutant_has_its_reason() -> None:
    lines = [line for line in EQUIVALENT.read_text().splitlines() if not line.startswith("#")]
    modules = {target.module for target in TARGETS}
    for line in lines:
        module, before, after, reason = line.split("\t")
        assert module in modules
        assert before != after
        assert len(reason) > 10, line
