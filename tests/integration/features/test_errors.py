"""What an error report tells beyond awslambdaric's: causes, notes, groups; it always fits."""

from __future__ import annotations

import json
import sys

import pytest

from tests.integration.features.conftest import Start
from tests.support.invocation import Invocation
from tests.support.request import Request
from tests.support.route import Route

X_RAY = "Lambda-Runtime-Function-XRay-Error-Cause"
TYPE = "Lambda-Runtime-Function-Error-Type"

needs_notes = pytest.mark.skipif(sys.version_info < (3, 11), reason="notes and groups are 3.11's")


def fail(start: Start, body: str) -> Request:
    """The answer of a handler with this body; it must be a report, and the loop must go on."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    function = start(f"def handler(event, context):\n    if event:\n{lines}\n    return 'well'\n")
    answer = function.call(Invocation(b"1"))
    assert answer.route is Route.ERROR
    assert function.call(Invocation(b"0")).body == b'"well"'
    return answer


def stack(answer: Request) -> str:
    return "".join(json.loads(answer.body)["stackTrace"])


def causes(answer: Request) -> list[tuple[str, str]]:
    header = answer.header(X_RAY)
    assert header is not None
    return [(each["type"], each["message"]) for each in json.loads(header)["exceptions"]]


def test_a_cause_is_reported_with_its_own_frames(start: Start) -> None:
    answer = fail(
        start, "try:\n    {}['k']\nexcept KeyError as error:\n    raise ValueError('v') from error"
    )
    assert "Caused by KeyError: 'k'\n" in stack(answer)
    assert "{}['k']" in stack(answer)
    assert causes(answer) == [("ValueError", "v"), ("KeyError", "'k'")]


def test_a_context_is_reported_unless_it_is_suppressed(start: Start) -> None:
    code = "try:\n    {}['k']\nexcept KeyError:\n    raise ValueError('v')"
    answer = fail(start, code)
    assert "While handling KeyError: 'k'\n" in stack(answer)
    assert causes(answer) == [("ValueError", "v"), ("KeyError", "'k'")]
    answer = fail(start, f"{code} from None")
    assert "KeyError:" not in stack(answer)
    assert causes(answer) == [("ValueError", "v")]


def test_a_circle_of_causes_ends(start: Start) -> None:
    answer = fail(
        start, "a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a"
    )
    assert causes(answer) == [("ValueError", "a"), ("ValueError", "b")]


@needs_notes
def test_notes_are_reported(start: Start) -> None:
    answer = fail(start, "error = ValueError('v')\nerror.add_note('see the manual')\nraise error")
    assert "Note: see the manual\n" in stack(answer)


@needs_notes
def test_the_members_of_a_group_are_reported(start: Start) -> None:
    answer = fail(
        start,
        "raise ExceptionGroup('g', [KeyError('k'), ExceptionGroup('h', [ValueError('v')])])",
    )
    text = stack(answer)
    assert "Member 1 of 2: KeyError: 'k'\n" in text
    assert "Member 1 of 1: ValueError: v\n" in text
    assert ("KeyError", "'k'") in causes(answer)
    assert ("ValueError", "v") in causes(answer)


def test_the_x_ray_cause_of_a_recursion_fits(start: Start) -> None:
    answer = fail(start, "def dive():\n    dive()\ndive()")
    header = answer.header(X_RAY)
    assert header is not None
    assert len(header) <= 64 * 1024
    assert json.loads(answer.body)["errorType"] == "RecursionError"


def test_a_message_that_fits_the_report_but_not_the_cause_is_cut_there(start: Start) -> None:
    answer = fail(start, "raise ValueError('x' * 70_000)")
    assert len(json.loads(answer.body)["errorMessage"]) == 70_000
    ((kind, message),) = causes(answer)
    assert kind == "ValueError"
    assert "… (70,000 characters, cut) …" in message


@pytest.mark.parametrize(
    "message", ["'x' * 7_500_000", "'é' * 3_000_000", "'\\0' * 3_000_000", "'😀' * 3_000_000"]
)
def test_a_message_of_megabytes_is_cut_to_what_a_report_can_carry(
    start: Start, message: str
) -> None:
    answer = fail(start, f"raise ValueError('first ' + {message} + ' last')")
    assert len(answer.body) < 256 * 1024
    text = json.loads(answer.body)["errorMessage"]
    assert text.startswith("first ")
    assert text.endswith(" last")
    assert " characters, cut) …" in text


# Up to CPython 3.10 each call takes a part of the C stack, which ends the process at some depth.
DEEP = 50_000 if sys.version_info >= (3, 11) else 8_000


@pytest.mark.parametrize(
    "code",
    [
        "raise type('N' * 1_000_000, (Exception,), {})('x')",
        "raise ValueError(*range(1_000_000))",
        "def a(n): b(n) if n else 1 / 0\ndef b(n): a(n - 1)\na(400)",
        f"import sys\nsys.setrecursionlimit(60_000)\ndef a(n): a(n - 1) if n else 1 / 0\na({DEEP})",
        "error = ValueError('x')\nerror.__notes__ = ['note ' * 10_000] * 100_000\nraise error",
        "exec('\\n' * 100 + '1 / 0 #' + 'x' * 5_000_000)",
    ],
    ids=["name", "arguments", "mutual recursion", "deep recursion", "notes", "long line"],
)
def test_whatever_an_exception_carries_its_report_stays_small(start: Start, code: str) -> None:
    answer = fail(start, code)
    assert len(answer.body) < 256 * 1024
    header = answer.header(X_RAY)
    assert header is not None
    assert len(header) <= 64 * 1024


@needs_notes
def test_a_group_of_very_many_is_cut_with_a_count(start: Start) -> None:
    answer = fail(
        start,
        "members = [ValueError('m' * 100) for _ in range(50_000)]\n"
        "raise ExceptionGroup('many', [ExceptionGroup('g', members)] * 1000)",
    )
    assert len(answer.body) < 256 * 1024
    assert "more members\n" in stack(answer)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("KeyError", b"Function.KeyError"),
        ("lower", b"Function.Unhandled"),
        ("With9", b"Function.Unhandled"),
        ("Bad\r\nX-Injected: 1", b"Function.Unhandled"),
        ("Größe", b"Function.Unhandled"),
        ("Runtime.Bad\r\nX-Injected: 1", b"Function.Unhandled"),
        ("", b"Function.Unhandled"),
    ],
)
def test_any_class_name_makes_a_well_formed_report(start: Start, name: str, header: bytes) -> None:
    answer = fail(start, f"raise type({name!a}, (Exception,), {{}})('m')")
    assert answer.header(TYPE) == header
    assert answer.header("X-Injected") is None
    assert json.loads(answer.body)["errorType"] == name


@pytest.mark.parametrize(
    "message", ["a\r\nX-Injected: 1", "\udc80\ud83d", "\x00\x1b[31m", "größe\u2028"]
)
def test_any_message_makes_a_well_formed_report(start: Start, message: str) -> None:
    answer = fail(start, f"raise ValueError({message!a})")
    assert json.loads(answer.body)["errorMessage"] == message
    assert answer.header("X-Injected") is None
    assert causes(answer) == [("ValueError", message)]


def test_no_frame_of_the_runtime_or_of_the_import_machinery_is_shown(start: Start) -> None:
    function = start("import importlib\nimportlib.import_module('absent')")
    (report,) = function.api.wait_for(1, Route.INIT_ERROR)
    text = "".join(json.loads(report.body)["stackTrace"])
    assert "app.py" in text
    assert "importlib._bootstrap" not in text
    assert "surefoot" not in text.replace(str(function.task), "")
