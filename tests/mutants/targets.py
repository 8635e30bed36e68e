"""What is mutated, and the tests that concern it: the fast ones first.

Times decide this list: a mutant costs one run of its tests, up to the first that fails.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A module under runtime/surefoot, and the paths of its tests under tests/."""

    module: str
    tests: tuple[str, ...]


_FAULTS = ("faults/test_connection.py", "faults/test_http.py", "faults/test_statuses.py")
_DEADLINE = ("unit/test_deadline.py", "unit/test_loop.py")
_SHELL = ("unit/test_shell.py", "unit/test_shell_errexit.py", "unit/test_shell_faults.py")
_WORKERS = (
    *("unit/test_workers.py", "unit/test_workers_client.py", "unit/test_workers_supervisor.py"),
    "workers",
)

TARGETS = (
    Target("_runtime_api/client.py", ("unit/test_client.py", "unit/test_loop.py", *_FAULTS)),
    Target(
        "_runtime_api/transport.py", ("unit/test_transport.py", "unit/test_client.py", *_FAULTS)
    ),
    Target("_runtime_api/drain.py", ("unit/test_drain.py", "features/test_streaming.py", *_FAULTS)),
    Target(
        "_runtime_api/http1.py",
        ("unit/test_wire.py", "unit/test_wire_refusals.py", "unit/test_client.py"),
    ),
    Target("_runtime_api/head.py", ("unit/test_head.py", "unit/test_client.py")),
    Target("_runtime_api/invocation.py", ("unit/test_invocation.py", "unit/test_workers.py")),
    Target("_runtime/loop.py", ("unit/test_loop.py", "features/test_lifecycle.py")),
    Target("_runtime/concurrency/event_loop.py", ("features/test_concurrent.py",)),
    Target("_runtime/deadline.py", ("unit/test_loop.py", "features/test_deadline.py")),
    Target("_runtime/handlers/shell.py", ("unit/test_shell.py",)),
    Target("_runtime/handlers/shell_server.py", ("unit/test_shell.py",)),
    Target("_runtime/workers/worker.py", _WORKERS),
    Target("_runtime/workers/supervisor.py", _WORKERS),
    Target("_runtime/workers/crash_report.py", _WORKERS),
    Target("_runtime/workers/shutdown_pipe.py", _WORKERS),
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
