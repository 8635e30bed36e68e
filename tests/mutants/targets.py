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


_FAULTS = (
    "integration/faults/test_connection.py",
    "integration/faults/test_http.py",
    "integration/faults/test_statuses.py",
)
_DEADLINE = ("unit/surefoot/_runtime/test_deadline.py", "unit/surefoot/_runtime/test_loop.py")
_SHELL = (
    "unit/surefoot/_runtime/handlers/test_shell.py",
    "unit/surefoot/_runtime/handlers/test_shell_errexit.py",
    "unit/surefoot/_runtime/handlers/test_shell_errors.py",
)
_WORKERS = (
    *(
        "unit/surefoot/_runtime/workers/test_shared_state.py",
        "unit/surefoot/_runtime/workers/test_worker.py",
        "unit/surefoot/_runtime/workers/test_supervisor.py",
    ),
    "integration/workers",
)

TARGETS = (
    Target(
        "_runtime_api/client.py",
        (
            "unit/surefoot/_runtime_api/test_client.py",
            "unit/surefoot/_runtime/test_loop.py",
            *_FAULTS,
        ),
    ),
    Target(
        "_runtime_api/transport.py",
        (
            "unit/surefoot/_runtime_api/test_transport.py",
            "unit/surefoot/_runtime_api/test_client.py",
            *_FAULTS,
        ),
    ),
    Target(
        "_runtime_api/drain.py",
        (
            "unit/surefoot/_runtime_api/test_upload.py",
            "integration/features/test_streaming.py",
            *_FAULTS,
        ),
    ),
    Target(
        "_runtime_api/http1.py",
        (
            "unit/surefoot/_runtime_api/test_http1.py",
            "unit/surefoot/_runtime_api/test_http1_refusals.py",
            "unit/surefoot/_runtime_api/test_client.py",
        ),
    ),
    Target(
        "_runtime_api/head.py",
        (
            "unit/surefoot/_runtime_api/test_http1_heads.py",
            "unit/surefoot/_runtime_api/test_client.py",
        ),
    ),
    Target(
        "_runtime_api/invocation.py",
        (
            "unit/surefoot/_runtime_api/test_invocation.py",
            "unit/surefoot/_runtime/workers/test_shared_state.py",
        ),
    ),
    Target(
        "_runtime/loop.py",
        ("unit/surefoot/_runtime/test_loop.py", "integration/features/test_lifecycle.py"),
    ),
    Target("_runtime/concurrency/event_loop.py", ("integration/features/test_concurrent.py",)),
    Target(
        "_runtime/deadline.py",
        ("unit/surefoot/_runtime/test_loop.py", "integration/features/test_deadline.py"),
    ),
    Target("_runtime/handlers/shell.py", ("unit/surefoot/_runtime/handlers/test_shell.py",)),
    Target("_runtime/handlers/shell_server.py", ("unit/surefoot/_runtime/handlers/test_shell.py",)),
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
