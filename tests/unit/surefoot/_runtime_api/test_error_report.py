"""Reports: whatever an exception does to itself, there is one, and it can be sent."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from surefoot._runtime_api.error_report import _MOST_PARTS, Report, cut, cut_lines, safe_str
from surefoot.errors import MARSHAL_ERROR, Fault


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    """The same exception with a traceback."""
    if cause is not None:
        error.__cause__ = cause
    try:
        raise error
    except BaseException as caught:
        return caught


def test_an_exception_is_its_type_its_text_and_its_frames() -> None:
    report = Report.of(raised(KeyError("k")))
    assert (report.kind, report.message) == ("KeyError", "'k'")
    assert len(report.stack) == 1
    assert report.stack[0].startswith(f'  File "{__file__}", line ')
    assert "in raised" in report.stack[0]
    assert list(report.fields("id")) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert report.fields()["requestId"] == ""


def test_a_fault_of_the_runtime_has_no_frames() -> None:
    report = Report.of(raised(Fault(MARSHAL_ERROR, "no JSON")))
    assert (report.kind, report.message, report.stack) == (MARSHAL_ERROR, "no JSON", [])
    assert report.xray()["exceptions"] == [
        {"message": "no JSON", "type": "LambdaValidationError", "stack": []}
    ]


def test_the_cause_of_a_fault_says_where() -> None:
    report = Report.of(raised(Fault(MARSHAL_ERROR, "no", ["given"]), raised(ValueError("why"))))
    assert report.stack[0] == "given"
    assert "in raised" in report.stack[1]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, RecursionError])
def test_an_exception_whose_text_raises_still_has_one(failure: type[BaseException]) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise failure

    assert safe_str(Mute()) == f"<no message: str() of the Mute raised {failure.__name__}>"
    assert Report.of(raised(Mute())).kind == "Mute"


def test_the_causes_of_an_exception_are_reported_nearest_first() -> None:
    try:
        try:
            raise OSError("first")
        except OSError:
            raised_while = raised(ValueError("second"))
            raise RuntimeError("third") from raised_while
    except RuntimeError as error:
        report = Report.of(error)
    heads = [line for line in report.stack if not line.startswith("  File")]
    assert heads[0] == "Caused by ValueError: second\n"
    assert heads[1] == "While handling OSError: first\n"
    kinds = [each[0] for each in report.causes]
    assert kinds == ["RuntimeError", "ValueError", "OSError"]


def test_a_suppressed_context_is_not_reported() -> None:
    try:
        try:
            raise OSError("covered up")
        except OSError:
            raise ValueError("shown") from None
    except ValueError as error:
        report = Report.of(error)
    assert "covered" not in "".join(report.stack)


def test_a_circle_of_causes_ends() -> None:
    one, two = raised(ValueError("one")), raised(ValueError("two"))
    one.__cause__, two.__cause__ = two, one
    assert len(Report.of(one).causes) == 2


def test_notes_and_odd_notes() -> None:
    error: Any = raised(ValueError("x"))
    error.__notes__ = ["a note", 5]
    assert Report.of(error).stack[-1] == "Note: a note\n"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_the_members_of_a_group_are_reported() -> None:
    groups: Any = __builtins__
    group = groups["ExceptionGroup"]("both", [raised(ValueError("a")), raised(KeyError("b"))])
    text = "".join(Report.of(raised(group)).stack)
    assert "Member 1 of 2: ValueError: a\n" in text
    assert "Member 2 of 2: KeyError: 'b'\n" in text


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_groups_in_groups_in_groups_end() -> None:
    groups: Any = __builtins__
    error: BaseException = ValueError("innermost")
    for _ in range(2000):
        error = groups["ExceptionGroup"]("outer", [error])
    assert Report.of(error).stack


def test_any_exception_may_have_an_attribute_called_exceptions() -> None:
    error: Any = ValueError("x")
    error.exceptions = 5
    assert Report.of(raised(error)).stack


def test_a_user_file_that_cannot_be_read_back_keeps_its_frames() -> None:
    code = compile("raise ValueError('x')", "/nowhere/\udcff.py", "exec")
    with pytest.raises(ValueError) as caught:
        exec(code)  # noqa: S102 - a frame of a file that is not there
    assert any("/nowhere/" in line for line in Report.of(caught.value).stack)


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("ValueError", "Function.ValueError"),
        ("Runtime.Named", "Runtime.Named"),
        ("Function.Named", "Function.Named"),
        ("lower", "Function.Unhandled"),
        ("With Space", "Function.Unhandled"),
        ("Line\r\nX-Evil: 1", "Function.Unhandled"),
        ("Ünicode", "Function.Unhandled"),
        ("", "Function.Unhandled"),
    ],
)
def test_the_type_in_a_header_is_in_lambdas_grammar(name: str, header: str) -> None:
    assert Report.of(type(name, (Exception,), {})()).header_type == header


@pytest.mark.parametrize(
    "name", ["Runtime.\r\nX-Evil: 1", "Function.é", "Runtime.", "Runtime.lower"]
)
def test_a_prefix_alone_does_not_make_a_type_of_lambdas(name: str) -> None:
    assert Report.of(type(name, (Exception,), {})()).header_type == "Function.Unhandled"


def test_a_cause_lists_each_path_once_and_the_last_frames_of_a_recursion() -> None:
    def down() -> None:
        down()

    with pytest.raises(RecursionError) as caught:
        down()
    cause: Any = Report.of(caught.value).xray()
    assert len(cause["exceptions"][0]["stack"]) == 64
    assert cause["paths"] == [__file__]
    assert cause["working_directory"]


@pytest.mark.parametrize("text", ["x", "é", "\0", "😀", '"', "\udcff", "\n"])
@pytest.mark.parametrize("most", [100, 1000, 4096])
def test_a_text_is_cut_to_the_size_of_its_json_and_keeps_both_ends(text: str, most: int) -> None:
    whole = "first" + text * 5000 + "last!"
    shown = cut(whole, most)
    assert len(json.dumps(shown)) - 2 <= most
    assert (shown[:5], shown[-5:]) == ("first", "last!")
    assert f"({len(whole):,} characters, cut)" in shown


@pytest.mark.parametrize("text", ["", "short", "é" * 10, "x" * 60])
def test_a_text_that_fits_is_left_as_it_is(text: str) -> None:
    assert cut(text, 60) == text


def test_of_many_lines_the_first_and_the_last_are_kept() -> None:
    lines = [f"line {number}\n" for number in range(1000)]
    shown = cut_lines(lines, 2000)
    assert len(json.dumps(shown)) <= 2000
    assert (shown[0], shown[-1]) == ("line 0\n", "line 999\n")
    (remark,) = (line for line in shown if "cut" in line)
    assert remark == f"… ({1000 - len(shown) + 1:,} of 1,000 entries, cut)\n"
    assert cut_lines(lines[:100], 2000) == lines[:100]


def test_a_str_of_a_subclass_has_a_plain_json_form() -> None:
    class Text(str):
        def __str__(self) -> str:
            raise ValueError

    kind = type("Kind", (Exception,), {"__str__": lambda _: Text("text")})
    report = Report.of(kind())
    assert (type(report.message), report.message) == (str, "text")


def test_a_metaclass_that_hides_the_name_does_not() -> None:
    class Meta(type):
        @property
        def __name__(cls) -> str:  # type: ignore[override]
            raise SystemExit

    class Odd(Exception, metaclass=Meta):
        pass

    assert Report.of(Odd("x")).kind == "Odd"


def test_whatever_happens_while_describing_there_is_a_report() -> None:
    class Odd(Exception):
        @property
        def __notes__(self) -> list[str]:
            raise SystemExit

    report = Report.of(raised(Odd("the reason")))
    assert (report.kind, report.message) == ("Odd", "the reason")
    assert "in raised" in report.stack[-1]


def test_notes_are_shown_and_what_is_left_out_is_counted() -> None:
    error = raised(ValueError("why"))
    notes = [f"note {number}" for number in range(_MOST_PARTS)]
    vars(error)["__notes__"] = [*notes[:-1], 1, "left out", "left out"]
    lines = [line for line in Report.of(error).stack if "ote" in line]
    assert lines == [*(f"Note: {note}\n" for note in notes[:-1]), "… and 2 more notes\n"]


@pytest.mark.parametrize("notes", [None, "text", (), {"a": 1}])
def test_notes_that_are_not_a_list_are_ignored(notes: object) -> None:
    error = raised(ValueError("why"))
    vars(error)["__notes__"] = notes
    assert [line for line in Report.of(error).stack if "Note" in line] == []
