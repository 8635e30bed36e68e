"""The bench's own arithmetic, its events and its server: a bench that is wrong proves anything."""

from __future__ import annotations

import http.client
import json
import sys
from pathlib import Path

import pytest

from tests.performance.api import Api
from tests.performance.bench import Results
from tests.performance.events import SIZES, event
from tests.performance.goals import Line, absent, compare
from tests.performance.paired import Spread, interleave, ratios, spread
from tests.performance.report import document, function_rows, readme_rows, table
from tests.performance.running import Running
from tests.performance.server import REQUEST_ID

RUNTIME_API = "/2018-06-01/runtime/invocation"


def test_a_ratio_is_taken_within_each_pair() -> None:
    # Both twice as slow in the second round: the ratio does not see it.
    assert ratios([1.0, 2.0], [4.0, 8.0]) == [0.25, 0.25]


def test_one_sample_has_no_spread() -> None:
    assert spread([3.0]) == Spread(3.0, 3.0, 3.0)


def test_samples_are_taken_in_turn_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def take(name: str) -> dict[str, float]:
        order.append(name)
        return {"n": float(len(order))}

    samples = interleave("test", 2, {"a": lambda: take("a"), "b": lambda: take("b")})
    assert order == ["a", "b"] * 3
    assert samples == {"a": [{"n": 3.0}, {"n": 5.0}], "b": [{"n": 4.0}, {"n": 6.0}]}


@pytest.mark.parametrize(("ours", "verdict"), [(0.5, "met"), (0.4, "met"), (0.6, "MISSED by 20%")])
def test_a_verdict_says_by_how_much_a_goal_is_missed(ours: float, verdict: str) -> None:
    assert compare("x", 0.5, "ms", [ours], [1.0]).verdict == verdict


def test_what_was_not_measured_says_why_and_never_counts_as_met() -> None:
    line = absent("x", 0.5, "not here")
    assert line.verdict == "not here"
    assert "≤ 0.50  not here" in table([line])
    content = document(Results([line]), "CPython", quick=True)
    assert readme_rows(content)[-1] == "| x | | | | ≤ 0.50 | not here |"


def test_functions_have_a_table_with_a_column_for_each_interpreter() -> None:
    def line(measure: str, ours: float, goal: float = 0.5) -> Line:
        return compare(measure, goal, "ms", [ours], [1.0])

    lines = [
        line("start", 0.1),
        line("f, CPython 3.14, CPU", 0.4),
        line("f, CPython 3.14, wall", 0.9),
        line("f, CPython 3.15, CPU", 0.55),
        line("f, CPython 3.15, lazy imports, CPU", 0.2, 0.3),
        line("g, CPython 3.14, CPU", 0.5),
        absent("g, CPython 3.15", 0.5, "not here: a package has no wheel"),
    ]
    content = document(Results(lines), "CPython", quick=False)
    assert len(readme_rows(content)) == 3
    assert function_rows(content) == [
        "| function | 3.14 | 3.15 | goal | | 3.15, lazy imports | goal | |",
        "|---|---|---|---|---|---|---|---|",
        "| f | 0.400 | 0.550 | ≤ 0.50 | MISSED by 10% | 0.200 | ≤ 0.30 | met |",
        "| g | 0.500 | a package has no wheel | ≤ 0.50 | met | | | |",
    ]


def test_the_table_shows_both_sides_and_the_document_is_json() -> None:
    one = Spread(1.0, 0.9, 1.1)
    results = Results([Line("a measure", 0.4, "ms", one, one, one)])
    results.samples["start"] = {"surefoot": [{"ms": 1.0}, {"ms": 3.0}]}
    assert "a measure  1.00 ms   1.00 ms  1.00 (0.900 … 1.10)" in table(results.lines)
    content = json.loads(json.dumps(document(results, "CPython", quick=True)))
    assert content["samples"]["start"]["surefoot"]["ms"]["median"] == 2.0


@pytest.mark.parametrize("size", SIZES.values())
def test_an_event_is_json_of_about_the_size(size: int) -> None:
    text = event(size)
    assert len(text) == pytest.approx(size, rel=0.3 if size < 10_000 else 0.03)
    assert json.loads(text)["Records"]


def test_the_server_hands_out_events_holds_at_marks_and_lets_go() -> None:
    with Api() as api:
        for answers in (b'"one"', b'"two"'):  # a second scenario starts from the beginning
            api.play('{"n": 1}', 1, marks=[1], parked=1)
            client = http.client.HTTPConnection(api.address)
            client.request("GET", f"{RUNTIME_API}/next")
            assert client.getresponse().read() == b'{"n": 1}'
            client.request("POST", f"{RUNTIME_API}/{REQUEST_ID}/response", answers)
            assert api.mark()["body"] == answers.decode()
            api.release()
            assert client.getresponse().status == 202
            client.request("GET", f"{RUNTIME_API}/next")
            api.parked()
            client.close()


def test_a_process_tells_its_cost_and_is_gone_afterwards(tmp_path: Path) -> None:
    program = "print(sum(range(10**6)))"
    with Running([sys.executable, "-c", program], {}, tmp_path) as process:
        ended, cpu = process.finish()
    assert ended > process.born
    assert cpu > 0
    with Running(["/bin/sleep", "60"], {}, tmp_path) as process:
        assert process.cpu_ns() >= 0
        resident = process.resident_kb()  # before the peak: it may be growing still
        assert process.peak_kb() >= resident > 0
    with pytest.raises(OSError):
        process.cpu_ns()
