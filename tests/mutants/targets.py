"""What is mutated, and the tests that concern it: the fast ones first.

Times decide this list: a mutant costs one run of its tests, up to the first that fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path("runtime", "surefoot")


@dataclass(frozen=True)
class Target:
    """A module under runtime/surefoot, and the paths of its tests under tests/."""

    module: str
    tests: tuple[str, ...]
    """In-process ones, which take about a second."""
    slow: tuple[str, ...] = ()
    """Those that start the runtime, for what the others let pass."""

    def stages(self, quick: bool) -> list[tuple[str, ...]]:
        """The tests to run, one list after the other."""
        return [self.tests] if quick or not self.slow else [self.tests, self.slow]


_FAULTS = ("faults/test_connection.py", "faults/test_http.py", "faults/test_statuses.py")
_CLIENT = ("unit/test_client.py", "unit/test_transport.py", "unit/test_drain.py")
_GUARD = ("unit/test_deadline.py", "unit/test_loop.py")
_ALARM = ("features/test_deadline.py", "features/test_alarm.py")
_WORKERS = (
    *("unit/test_workers_supervisor.py", "unit/test_workers.py", "unit/test_workers_client.py"),
    *("unit/test_workers_messages.py", "unit/test_workers_signals.py"),
)
_REAL_WORKERS = ("workers",)
_CONCURRENT = ("unit/test_places.py", "unit/test_concurrent.py")
_REAL_CONCURRENT = ("features/test_concurrent.py", "features/test_concurrent_faults.py")
_TURNS = ("unit/test_shell_turns.py", "unit/test_shell_function.py")
_SHELL = ("unit/test_shell.py", "unit/test_shell_errexit.py", "unit/test_shell_faults.py")

TARGETS = (
    Target("client.py", _CLIENT, ("features/test_streaming.py", *_FAULTS)),
    Target("transport.py", ("unit/test_transport.py", *_CLIENT), _FAULTS),
    Target("drain.py", ("unit/test_drain.py", *_CLIENT), ("features/test_streaming.py", *_FAULTS)),
    Target("wire.py", ("unit/test_wire.py", "unit/test_wire_refusals.py", "unit/test_client.py")),
    Target("head.py", ("unit/test_head.py", "unit/test_wire_refusals.py", "unit/test_client.py")),
    Target("invocation.py", ("unit/test_invocation.py", "unit/test_workers.py")),
    Target("polling.py", ("unit/test_polling.py",)),
    Target("loop.py", _GUARD, ("features/test_lifecycle.py",)),
    Target("concurrent.py", _CONCURRENT, _REAL_CONCURRENT),
    Target("places.py", _CONCURRENT, _REAL_CONCURRENT),
    Target("deadline.py", _GUARD, _ALARM),
    Target("alarm.py", ("unit/test_alarm.py",), _ALARM),
    Target("workers/board.py", _WORKERS),
    Target("workers/child.py", _WORKERS, _REAL_WORKERS),
    Target("workers/lifeline.py", _WORKERS, _REAL_WORKERS),
    Target("workers/messages.py", _WORKERS, _REAL_WORKERS),
    Target("workers/output.py", _WORKERS, ("workers/test_output.py",)),
    Target("workers/restart.py", _WORKERS),
    Target("workers/signals.py", _WORKERS, _REAL_WORKERS),
    Target("workers/supervisor.py", _WORKERS, _REAL_WORKERS),
    Target("handlers/shell.py", _TURNS, _SHELL),
    Target("handlers/shellfault.py", _TURNS, _SHELL),
    Target("handlers/shellprocess.py", _TURNS, _SHELL),
    Target("logs/uncaught.py", ("unit/test_logs_uncaught.py",)),
)

# Of each group of cosmic-ray's operators the ones that programmers get wrong: a sum that becomes a
# power is noticed by any test, and costs as much as one that is not.
OPERATORS = (
    "AddNot",
    "ExceptionReplacer",
    "NumberReplacer",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ZeroIterationForLoop",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBinaryOperator_Mul_Div",
    "ReplaceBinaryOperator_Div_Mul",
    "ReplaceComparisonOperator_Eq_NotEq",
    "ReplaceComparisonOperator_NotEq_Eq",
    "ReplaceComparisonOperator_Lt_LtE",
    "ReplaceComparisonOperator_LtE_Lt",
    "ReplaceComparisonOperator_Gt_GtE",
    "ReplaceComparisonOperator_GtE_Gt",
    "ReplaceComparisonOperator_Gt_Lt",
    "ReplaceComparisonOperator_Lt_Gt",
    "ReplaceComparisonOperator_Is_IsNot",
    "ReplaceComparisonOperator_IsNot_Is",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
)
