"""Exit codes and fault types: a contract with what supervises the process."""

from __future__ import annotations

import re

import pytest

from surefoot import errors

# The grammar in which Lambda records a type; anything else becomes Runtime.Unknown.
GRAMMAR = re.compile(r"(Runtime|Function)\.[A-Z][A-Za-z]+")

KINDS = {
    name: value for name, value in vars(errors).items() if name.isupper() and isinstance(value, str)
}


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_type_is_one_that_lambda_records(name: str) -> None:
    assert GRAMMAR.fullmatch(KINDS[name])


def test_exit_codes_are_distinct_failures_that_a_process_can_have() -> None:
    codes = [value for name, value in vars(errors).items() if name.startswith("EXIT_")]
    assert len(codes) == len(set(codes))
    assert all(0 < code < 256 for code in codes)


@pytest.mark.parametrize(
    ("stop", "code"),
    [
        (errors.ConfigError, 78),
        (errors.NoHandler, 142),
        (errors.SandboxGone, 69),
        (errors.ContainerError, 71),
        (errors.RemoteProtocolError, 76),
    ],
)
def test_each_stop_has_its_exit_code(stop: type[errors.FatalError], code: int) -> None:
    assert stop("why").exit_code == code


def test_a_fault_keeps_its_parts_and_reads_as_its_message() -> None:
    fault = errors.Fault(errors.MARSHAL_ERROR, "no JSON", ["frame"])
    assert (fault.kind, fault.message, fault.stack) == (
        "Runtime.MarshalError",
        "no JSON",
        ["frame"],
    )
    assert str(fault) == fault.message == "no JSON"
    assert errors.Fault(errors.MARSHAL_ERROR, "no JSON").stack is None
