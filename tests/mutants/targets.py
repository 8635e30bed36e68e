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


def _unit(package: str, *names: str) -> tuple[str, ...]:
    return tuple(f"unit/surefoot/{package}/test_{name}.py" for name in names)


_FAULTS = tuple(f"integration/faults/test_{name}.py" for name in ("connection", "http", "statuses"))
_CLIENT = _unit("_runtime_api", "client")
_DEADLINE = _unit("_runtime", "deadline", "loop")
_SHELL = _unit("_runtime/handlers", "shell", "shell_errexit", "shell_errors")
_WORKERS = (
    *_unit("_runtime/workers", "shared_state", "worker", "supervisor"),
    "integration/workers",
)

TARGETS = (
    Target("_runtime_api/client.py", (*_CLIENT, *_unit("_runtime", "loop"), *_FAULTS)),
    Target(
        "_runtime_api/transport.py",
        (
            *_unit("_runtime_api", "transport", "upload", "client"),
            "integration/features/test_streaming.py",
            *_FAULTS,
        ),
    ),
    Target(
        "_runtime_api/http1.py",
        _unit("_runtime_api", "http1", "http1_heads", "http1_refusals", "client"),
    ),
    Target(
        "_runtime_api/invocation.py",
        (*_unit("_runtime_api", "invocation"), *_unit("_runtime/workers", "shared_state")),
    ),
    Target(
        "_runtime/loop.py",
        (*_unit("_runtime", "loop"), "integration/features/test_lifecycle.py"),
    ),
    Target("_runtime/concurrency/event_loop.py", ("integration/features/test_concurrent.py",)),
    Target("_runtime/deadline.py", (*_DEADLINE, "integration/features/test_deadline.py")),
    Target("_runtime/handlers/shell.py", _SHELL),
    Target("_runtime/handlers/shell_server.py", _SHELL),
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
