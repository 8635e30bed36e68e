"""What is mutated, and the tests that concern it: the fast ones first.

Times decide this list: a mutant costs one run of its tests, up to the first that fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path("runtime", "surefoot")


@dataclass(frozen=True)
class Target:
    """A module under runtime/surefoot, or functions/…, and the paths of its tests under tests/."""

    module: str
    tests: tuple[str, ...]
    """In-process ones, which take about a second."""
    slow: tuple[str, ...] = ()
    """Those that start the runtime, for what the others let pass."""

    @property
    def path(self) -> Path:
        """Where the module is, from the root."""
        is_function = self.module.startswith("functions/")
        return Path(self.module) if is_function else PACKAGE / self.module

    def stages(self, quick: bool) -> list[tuple[str, ...]]:
        """The tests to run, one list after the other."""
        return [self.tests] if quick or not self.slow else [self.tests, self.slow]


def _unit(package: str, *names: str) -> tuple[str, ...]:
    return tuple(f"unit/surefoot/{package}/test_{name}.py" for name in names)


def _integration(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"integration/{folder}/test_{name}.py" for name in names)


_API, _RUNTIME = "_runtime_api", "_runtime"
_FAULTS = _integration("faults", "connection", "http", "statuses")
_STREAMING = _integration("features", "streaming")
_CLIENT = _unit(_API, "client", "transport", "upload")
_GUARD = _unit(_RUNTIME, "deadline", "loop")
_ALARM = _integration("features", "deadline", "alarm")
_WORKERS = _unit(
    f"{_RUNTIME}/workers", "supervisor", "shared_state", "worker", "crash_report", "signals"
)
_REAL_WORKERS = ("integration/workers",)
_CONCURRENT = _unit(f"{_RUNTIME}/concurrency", "places", "event_loop")
_REAL_CONCURRENT = _integration("features", "concurrent", "concurrent_faults")
_TURNS = _unit(f"{_RUNTIME}/handlers", "shell_turns", "shell_function")
_SHELL = _unit(f"{_RUNTIME}/handlers", "shell", "shell_errexit", "shell_errors")

_ENI = (
    *("unit/functions/eni_cleanup/test_parallel.py", "unit/functions/eni_cleanup/test_aws.py"),
    "unit/functions/eni_cleanup/test_interfaces.py",
    "unit/functions/eni_cleanup/test_inventory.py",
    "unit/functions/eni_cleanup/test_custom_resource.py",
)
_VPC = (
    "unit/functions/vpc_check/checks",
    "unit/functions/vpc_check/test_networks.py",
    "unit/functions/vpc_check/report",
    "unit/functions/vpc_check/network",
    "unit/functions/vpc_check/aws",
)


def _function(name: str, tests: tuple[str, ...], *modules: str) -> tuple[Target, ...]:
    return tuple(Target(f"functions/{name}/{name}/{module}.py", tests) for module in modules)


def _termination(module: str, test: str) -> tuple[Target, ...]:
    # One file each: they start moto, and a mutant has few seconds.
    tests = (f"integration/functions/termination_policy/test_{test}.py",)
    return _function("termination_policy", tests, module)


def _night(name: str, module: str, *tests: str) -> tuple[Target, ...]:
    paths = tuple(
        f"{test}.py" if "/" in test else f"unit/functions/{name}/test_{test}.py" for test in tests
    )
    return _function(name, paths, module)


_ORDER, _REQUESTS = "scenario_order", "requests"
# What needs no AWS, though it is among the tests that do.
_WRITTEN = "integration/functions/scheduled_scaling/test_written"
_CONTEXT = "integration/functions/cdk_deploy/test_context"
_DETAILS = "written_details"
_KINDS = ("reads", "plans", _REQUESTS, "docdb_rollout_plan", _DETAILS)
FUNCTIONS = (
    *_function(
        *("eni_cleanup", _ENI, "aws", "custom_resource", "detach", "inventory", "request"),
        *("stack", "sweep", "versions"),
    ),
    *_function(
        *("vpc_check", _VPC, "checks/far_side", "checks/gateways", "checks/endpoints"),
        *("checks/endpoint_policy", "checks/resolver", "checks/routes", "checks/security_groups"),
        *("checks/targets", "checks/telemetry", "aws/flow_logs", "aws/public_interfaces"),
        *("network/aws_names", "network/destination", "network/paths", "network/routing"),
        "network/security_group",
    ),
    *_termination("capacity", "capacity"),
    *_termination("decide", "quotas"),
    *_termination("event", "event"),
    *_night("scheduled_scaling", "calendar_rules", _ORDER),
    *_night("scheduled_scaling", "estimate", "estimate"),
    *_night("scheduled_scaling", "event", _WRITTEN, _DETAILS),
    *_night("scheduled_scaling", "ics", "ics"),
    *_night("scheduled_scaling", "lease", _REQUESTS),
    *_night("scheduled_scaling", "reconcile", "reconcile"),
    *_night("scheduled_scaling", "references", _ORDER, "reads"),
    *_night("scheduled_scaling", "retry_policy", "retry_policy"),
    *_night("scheduled_scaling", "scenario_text", _WRITTEN),
    *_night("scheduled_scaling", "scenarios", _WRITTEN, _ORDER, _DETAILS),
    *_night("scheduled_scaling", "settings", _WRITTEN, _DETAILS),
    *_night("scheduled_scaling", "state_codec", "state_codec"),
    *_night("scheduled_scaling", "target_progress", "retry_policy"),
    *_night("scheduled_scaling", "validation", _WRITTEN, _ORDER, _DETAILS),
    *_night("scheduled_scaling", "kinds/auto_scaling_group", *_KINDS),
    *_night("scheduled_scaling", "kinds/bounds", *_KINDS, _WRITTEN),
    *_night("scheduled_scaling", "kinds/docdb", *_KINDS),
    *_night("scheduled_scaling", "kinds/docdb_cluster", *_KINDS),
    *_night("scheduled_scaling", "kinds/docdb_elastic", *_KINDS, _WRITTEN),
    *_night("scheduled_scaling", "kinds/docdb_instances", *_KINDS, _WRITTEN),
    *_night("scheduled_scaling", "kinds/docdb_rollout_plan", *_KINDS),
    *_night("scheduled_scaling", "kinds/docdb_serverless", *_KINDS, _WRITTEN),
    *_night("scheduled_scaling", "kinds/ecs_service", *_KINDS, _WRITTEN),
    *_night("scheduled_scaling", "kinds/scalable_target", *_KINDS, _WRITTEN),
    *_night("cdk_deploy", "change_set", "change_set"),
    *_night("cdk_deploy", "cluster_check", "cluster_check"),
    *_night("cdk_deploy", "config", "config"),
    *_night("cdk_deploy", "context", _CONTEXT, "request"),
    *_night("cdk_deploy", "declared_secrets", "masking", "config"),
    *_night("cdk_deploy", "masking", "masking"),
    *_night("cdk_deploy", "request", "request"),
    *_night("cdk_deploy", "stack", "stack"),
    *_night("cdk_deploy", "workspace", "workspace"),
)
RUNTIME = (
    Target("_process/polling.py", _unit("_process", "polling")),
    Target("_runtime_api/client.py", _CLIENT, (*_STREAMING, *_FAULTS)),
    Target(
        "_runtime_api/transport.py",
        _unit(_API, "transport", "upload", "client"),
        (*_STREAMING, *_FAULTS),
    ),
    Target(
        "_runtime_api/http1.py",
        _unit(_API, "http1", "http1_heads", "http1_refusals", "client"),
    ),
    Target(
        "_runtime_api/invocation.py",
        (*_unit(_API, "invocation"), *_unit(f"{_RUNTIME}/workers", "shared_state")),
    ),
    Target("_runtime/loop.py", _GUARD, _integration("features", "lifecycle")),
    Target("_runtime/concurrency/event_loop.py", _CONCURRENT, _REAL_CONCURRENT),
    Target("_runtime/concurrency/places.py", _CONCURRENT, _REAL_CONCURRENT),
    Target("_runtime/deadline.py", _GUARD, _ALARM),
    Target("_runtime/alarm.py", _unit(_RUNTIME, "alarm"), _ALARM),
    Target("_runtime/workers/shared_state.py", _WORKERS),
    Target("_runtime/workers/worker.py", _WORKERS, _REAL_WORKERS),
    Target("_runtime/workers/shutdown_pipe.py", _WORKERS, _REAL_WORKERS),
    Target("_runtime/workers/crash_report.py", _WORKERS, _REAL_WORKERS),
    Target("_runtime/workers/log_socket.py", _WORKERS, _integration("workers", "output")),
    Target("_runtime/workers/restart.py", _WORKERS),
    Target("_runtime/workers/signals.py", _WORKERS, _REAL_WORKERS),
    Target("_runtime/workers/supervisor.py", _WORKERS, _REAL_WORKERS),
    Target("_runtime/handlers/shell.py", _TURNS, _SHELL),
    Target("_runtime/handlers/shell_errors.py", _TURNS, _SHELL),
    Target("_runtime/handlers/shell_process.py", _TURNS, _SHELL),
    Target("_runtime/logs/uncaught.py", _unit(f"{_RUNTIME}/logs", "uncaught")),
)
TARGETS = (*RUNTIME, *FUNCTIONS)

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
