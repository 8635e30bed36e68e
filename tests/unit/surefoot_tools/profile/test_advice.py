from __future__ import annotations

from dataclasses import replace

import pytest

from surefoot_tools.profile.advice import advise, heavy_imports, missing_bytecode, unused_imports
from surefoot_tools.profile.evidence import RuleInput
from surefoot_tools.profile.model import Advice
from surefoot_tools.profile.probe_events import Module
from tests.unit.surefoot_tools.profile.profiles import evidence, row

CODES = {"bytecode": "SP101", "stale": "SP102", "unused": "SP201", "heavy": "SP301"}


def compiled(state: str, path: str = "/task/lib.py") -> RuleInput:
    module = Module("lib", path, phase="init", bytecode=state, compile_ns=4_000_000)
    return evidence([row("lib", 5.0)], [("app", "lib")], modules=[module])


def only(advice: list[Advice]) -> Advice:
    (each,) = advice
    return each


def test_missing_bytecode_is_caught_with_what_it_cost() -> None:
    advice = only(list(missing_bytecode.missing(compiled("missing"))))
    assert (advice.code, advice.severity) == (CODES["bytecode"], "warning")
    assert (advice.saving_ms, advice.modules) == (4.0, ["lib"])
    assert "1 module of the function with no bytecode" in advice.message
    assert "RUN surefoot seal" in advice.remedy


def test_the_cost_of_compiling_is_never_more_than_that_of_the_import() -> None:
    module = Module("lib", "/task/lib.py", bytecode="missing", compile_ns=4_000_000)
    seen = evidence([row("lib", 1.5)], [("app", "lib")], modules=[module])
    assert only(list(missing_bytecode.missing(seen))).saving_ms == 1.5


@pytest.mark.parametrize("state", ["used", "none", "stale"])
def test_other_bytecode_is_not_called_missing(state: str) -> None:
    assert list(missing_bytecode.missing(compiled(state))) == []


def test_stale_bytecode_is_caught() -> None:
    assert only(list(missing_bytecode.stale(compiled("stale")))).code == CODES["stale"]


@pytest.mark.parametrize("state", ["used", "none", "missing"])
def test_other_bytecode_is_not_called_stale(state: str) -> None:
    assert list(missing_bytecode.stale(compiled(state))) == []


def test_bytecode_is_told_by_whose_modules_they_are() -> None:
    advice = only(list(missing_bytecode.missing(compiled("missing", "/x/site-packages/lib.py"))))
    assert "of installed packages" in advice.message
    advice = only(list(missing_bytecode.missing(compiled("missing", "/opt/python/lib.py"))))
    assert "of installed packages" in advice.message


LIB = [Module("lib", "/opt/lib.py", phase="init", bytecode="used")]


def test_an_import_that_nothing_used_is_caught() -> None:
    seen = evidence([row("lib", 3.0)], [("app", "lib")], "import lib\n", modules=LIB)
    advice = only(list(unused_imports.imports(seen)))
    assert (advice.code, advice.severity) == (CODES["unused"], "hint")
    assert (advice.saving_ms, advice.modules) == (3.0, ["lib"])
    assert "lib, imported at app.py:1," in advice.message


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param(
            evidence([row("lib", 3.0)], [("app", "lib")], "import lib\nlib.x\n", modules=LIB),
            id="mentioned",
        ),
        pytest.param(
            evidence(
                *([row("lib", 3.0)], [("app", "lib")], "import lib\n"),
                modules=LIB,
                calls=[("lib.deep", "json", "call")],
            ),
            id="called by anybody in the invocation",
        ),
        pytest.param(
            evidence(
                *([row("lib", 3.0)], [("app", "lib")], "import lib\n"),
                modules=LIB,
                calls=[("lib", "app", "init")],
            ),
            id="called by the function during init",
        ),
        pytest.param(
            evidence(
                *([row("lib", 3.0), row("other", 1.0)],),
                [("app", "lib"), ("app", "other"), ("other", "lib")],
                "import lib, other\nother.x\n",
                modules=LIB,
            ),
            id="loaded for another module anyway",
        ),
        pytest.param(
            evidence([row("lib", 0.1)], [("app", "lib")], "import lib\n", modules=LIB),
            id="not worth a line",
        ),
    ],
)
def test_an_import_that_is_needed_is_not_called_unused(seen: RuleInput) -> None:
    assert list(unused_imports.imports(seen)) == []


def test_what_an_import_runs_itself_is_no_use_of_it() -> None:
    seen = evidence(
        *([row("lib", 3.0)], [("app", "lib")], "import lib\n"),
        modules=LIB,
        calls=[("lib.deep", "lib", "init"), ("lib", "", "init")],
    )
    assert only(list(unused_imports.imports(seen))).code == CODES["unused"]


def test_what_goes_with_another_unused_import_is_not_told_twice() -> None:
    seen = evidence(
        [row("lib", 3.0), row("lib.part", 2.0)],
        [("app", "lib"), ("lib", "lib.part")],
        "import lib\n",
        modules=LIB,
    )
    assert only(list(unused_imports.imports(seen))).saving_ms == 5.0


def test_a_heavy_import_is_caught_with_who_imports_it() -> None:
    seen = evidence(
        [row("lib", 10.0), row("deep", 30.0)],
        [("app", "lib"), ("lib", "deep")],
        "import lib\nlib.x\n",
        modules=LIB,
    )
    advice = only(list(heavy_imports.imports(seen)))
    assert (advice.code, advice.severity, advice.saving_ms) == (CODES["heavy"], "info", 40.0)
    assert "lib and what loads only for it (2 modules) take 40.0 ms, 40% of" in advice.message
    assert "imported by app (line 1)" in advice.message
    assert "deep 30.0 ms" in advice.message


@pytest.mark.parametrize("took", [4.9, 9.9])
def test_a_light_import_is_not_called_heavy(took: float) -> None:
    seen = evidence([row("lib", took)], [("app", "lib")], "import lib\nlib.x\n", modules=LIB)
    assert list(heavy_imports.imports(seen)) == []


def test_an_unused_import_is_not_called_heavy_as_well() -> None:
    seen = evidence([row("lib", 40.0)], [("app", "lib")], "import lib\n", modules=LIB)
    assert list(heavy_imports.imports(seen)) == []
    assert only(advise(seen)).code == CODES["unused"]


def test_advice_is_sorted_by_what_it_saves() -> None:
    module = Module("slow", "/task/slow.py", phase="init", bytecode="missing", compile_ns=2_000_000)
    seen = evidence(
        [row("lib", 40.0), row("slow", 3.0)],
        [("app", "lib"), ("app", "slow")],
        "import lib, slow\nlib.x, slow.x\n",
        modules=[*LIB, module],
    )
    advice = advise(seen)
    assert [each.code for each in advice] == [CODES["heavy"], CODES["bytecode"]]
    assert all(each.remedy for each in advice)


def test_nothing_is_called_unused_when_not_every_call_was_seen() -> None:
    seen = evidence([row("lib", 3.0)], [("app", "lib")], "import lib\n", modules=LIB)
    assert advise(replace(seen, sources={})) == []
