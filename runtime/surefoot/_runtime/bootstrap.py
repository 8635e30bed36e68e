"""The composition root: reads the environment, builds everything once, serves until the end."""

import _signal  # type: ignore[import-not-found]  # the signal module would import enum
import faulthandler
import gc
import posix
import sys

from .._payload.marshaller import Marshaller, RawMarshaller, chosen_marshaller
from .._process import ownership
from .._process.operator_log import log_to_operator
from .._runtime_api.client import Client
from .._runtime_api.transport import Connection
from ..errors import (
    BEFORE_SNAPSHOT_ERROR,
    EXIT_AFTER_RESTORE,
    EXIT_BEFORE_SNAPSHOT,
    EXIT_INIT,
    FatalError,
    Fault,
)
from . import import_hook, late, module_path
from . import loop as loop_module
from .config import Config
from .deadline import INIT_SECONDS, LONG_INIT_SECONDS, DeadlineGuard
from .logs import Log
from .logs.streams import replace_streams
from .loop import Loop
from .xray import set_trace_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any

    from .._runtime_api.error_report import Report

    Function = Callable[[Any, Any], Any]


def main(arguments: "Sequence[str]") -> int:
    """Run the runtime until the sandbox ends it; return the exit code (see errors)."""
    # A crash in C code leaves a stack in the log, not just a line of Lambda's.
    faulthandler.enable(file=2)
    slow_down_gc()
    if posix.getpid() == 1:
        # The kernel drops signals to the first process of a container that has no handler for them.
        _signal.signal(_signal.SIGTERM, _end_first_process)
    try:
        return _serve(arguments)
    except FatalError as stop:
        log_to_operator(str(stop))
        return stop.exit_code
    except KeyboardInterrupt:
        return 130
    finally:
        if ownership.is_owner():
            _run_shutdown_hooks()


def _serve(arguments: "Sequence[str]") -> int:
    environ = _read_environment()
    config = Config(arguments, environ)
    working_directory = posix.getcwd()
    module_path.prepare(working_directory, config.task_root, environ)
    config.task_root = config.task_root or working_directory
    _unset_variable(b"_LAMBDA_TELEMETRY_LOG_FD")
    replace_streams()
    log = Log(config)
    guard = DeadlineGuard(
        config.deadline_margin_ms, config.deadline_raises, log_to_operator, log.flush
    )
    _install_import_hook(log, guard)
    # Where other packages look for AWS's client; loaded when one does.
    sys.modules["__main__"].__getattr__ = _find_name_of_awslambdaric  # type: ignore[method-assign]
    late.prepare()
    if config.max_concurrency is None:
        _serve_sequentially(_make_client(config), config, log, guard)
    elif config.async_concurrency:
        _serve_concurrently(config.max_concurrency, config, log, guard)
    else:
        return _serve_with_workers(config.max_concurrency, config, log, guard)
    return 0


def _install_import_hook(log: Log, guard: DeadlineGuard) -> None:
    """Set up what depends on modules that the function may import, or not."""

    def configure_logging(_: "ModuleType") -> None:
        from .logs.setup import configure

        configure(log)

    def share_alarm(module: "ModuleType") -> None:
        from .alarm import share_alarm

        share_alarm(guard, module)

    actions: dict[str, Callable[[ModuleType], None]] = {
        "logging": configure_logging,
        "signal": share_alarm,
    }
    if sys.flags.no_site:
        actions["subprocess"] = module_path.give_children_their_site
    actions.update(dict.fromkeys(_AWS_MODULES, _take_over))
    import_hook.install(actions)


def _find_name_of_awslambdaric(name: str) -> "ModuleType":
    if name not in ("bootstrap", "awslambdaricmain"):
        raise AttributeError(f"module '__main__' has no attribute {name!r}")
    from ..compat import names

    return names.find(name)


def _take_over(module: "ModuleType") -> None:
    from ..compat import names

    names.take_over(module)


def _make_client(config: Config) -> Client:
    connection = Connection(config.host, config.port)
    connection.reserve()
    return Client(connection, Marshaller(config.ensure_ascii), log_to_operator)


def _serve_sequentially(
    client: Client,
    config: Config,
    log: Log,
    guard: DeadlineGuard,
    function: "Function | None" = None,
) -> None:
    """Load the function, unless it is loaded, and serve it one invocation at a time.

    :raises FatalError: see errors
    :raises SystemExit: the function could not be loaded, which has been reported
    """
    _release_in_children(guard)
    if function is None:
        function = _load_function(client, config, log, guard)
    if config.initialization_type == "snap-start":
        _take_snapshot(client, log)
    marshaller: Marshaller = client.marshaller
    if getattr(function, "takes_bytes", False):
        marshaller = RawMarshaller(config.ensure_ascii)
    marshaller = chosen_marshaller(marshaller)
    loop = Loop(client, function, marshaller, config, log, set_trace_id, guard)
    _install_sigterm_handler(loop)
    loop.run(after_first=_restore_gc)


def _serve_concurrently(count: int, config: Config, log: Log, guard: DeadlineGuard) -> None:
    from .concurrency.event_loop import ConcurrentLoop

    clients = [_make_client(config) for _ in range(count)]
    _release_in_children(guard)
    function = _load_function(clients[0], config, log, guard)
    try:
        loop = ConcurrentLoop(
            clients, function, chosen_marshaller(clients[0].marshaller), config, log
        )
    except Fault as fault:
        _report_init_error(clients[0], late.report_error(log, fault))
        sys.exit(EXIT_INIT)
    _restore_gc()
    loop.run()


def _serve_with_workers(count: int, config: Config, log: Log, guard: DeadlineGuard) -> int:
    from .workers import supervise

    function = None
    if config.preload:
        client = _make_client(config)
        _release_in_children(guard)
        function = _load_function(client, config, log, guard)
    shell = sys.modules.get(f"{__package__}.handlers.shell")
    if shell is not None and isinstance(function, shell.ShellFunction):
        # Its bash belongs to one process: each worker needs one of its own.
        function.close()
        function = None
    supervisor = posix.getpid()
    try:
        return supervise(
            config, count, lambda client: _serve_sequentially(client, config, log, guard, function)
        )
    finally:
        if posix.getpid() == supervisor:
            # Hooks that came with a preloaded function are for the workers, each of which has them.
            sys.modules.pop(_LIFECYCLE, None)


def _release_in_children(guard: DeadlineGuard) -> None:
    """Make each child that the function forks release what belongs to the runtime."""
    ownership.release_in_children(guard.release)
    ownership.release_in_children(_restore_signals)


def _load_function(client: Client, config: Config, log: Log, guard: DeadlineGuard) -> "Function":
    """Return the function; when it cannot be loaded, report that and end the process.

    :raises SystemExit: it could not be loaded; or this process is a child that the function's
        modules forked while they were imported
    """
    from .handlers.resolve import load_handler

    waits_longer = config.initialization_type not in ("", "on-demand")
    if config.lazy_imports:
        from .lazy_imports import enable

        enable(config.lazy_imports)
    guard.arm_for_init(LONG_INIT_SECONDS if waits_longer else INIT_SECONDS)
    report = None
    try:
        function = load_handler(config.handler, config.task_root)
    except BaseException as error:
        if not ownership.is_owner():
            raise
        guard.disarm()
        log.flush()
        report = late.report_error(log, error)
    if report is not None:
        # Outside, as AWS's client does it: what wraps the report asks which exception is handled.
        _report_init_error(client, report)
        sys.exit(EXIT_INIT)
    if not ownership.is_owner():
        sys.exit(0)
    guard.disarm()
    return function


def _report_init_error(client: Client, report: "Report", error_type: str = "") -> None:
    around = loop_module.around
    if around is not None:
        around.report_init_error(client, report, error_type)
    elif error_type:
        client.before_snapshot_error(report)
    else:
        client.init_error(report)


def _take_snapshot(client: Client, log: Log) -> None:
    """Let SnapStart take its snapshot between the hooks."""
    from .. import lifecycle

    try:
        lifecycle.run_before_snapshot()
    except BaseException as error:
        _report_init_error(client, late.report_error(log, error), BEFORE_SNAPSHOT_ERROR)
        sys.exit(EXIT_BEFORE_SNAPSHOT)
    client.restore_next()
    try:
        lifecycle.run_after_restore()
    except BaseException as error:
        client.restore_error(late.report_error(log, error))
        sys.exit(EXIT_AFTER_RESTORE)


def slow_down_gc() -> None:
    """Have the collector look for garbage at long intervals until the first answer.

    Init makes objects to stay; looking through them again and again takes a fifteenth of a boto3
    import. By thresholds, not by gc.disable(): what the function sets holds.
    """
    gc.set_threshold(*_GC_DURING_INIT)


def _restore_gc() -> None:
    """Give the collector back its thresholds, unless the function has set its own."""
    sealed_init = sys.modules.get(_SEALED_INIT)
    if sealed_init is not None:
        sealed_init.release()
    slowed = gc.get_threshold() == _GC_DURING_INIT
    many = gc.get_count()[0] > _GC_WORTHWHILE or _count_collections() > _GC_BEFORE
    if slowed and many and gc.isenabled():
        # What was made and dropped in the meantime would be frozen, too, and stay.
        gc.collect()
    # What init made stays; the collector need not look through it again and again.
    gc.freeze()
    if slowed:
        # Last: with the usual thresholds the next object would set off a collection.
        gc.set_threshold(*_GC_AFTERWARDS)


def _install_sigterm_handler(loop: Loop) -> None:
    """Have SIGTERM end the loop, if the function asked to be called then and has no handler."""
    if _LIFECYCLE not in sys.modules:
        return
    if _signal.getsignal(_signal.SIGTERM) in (_signal.SIG_DFL, _end_first_process):
        _signal.signal(_signal.SIGTERM, lambda *_: loop.stop())


def _end_first_process(number: int, _: object) -> None:
    """Exit immediately and silently, as the signal's default action does for other processes."""
    posix._exit(128 + number)  # noqa: SLF001  (public in spite of its name)


def _restore_signals() -> None:
    """Let signals end a child that the handler forks, as its code expects."""
    for number in (_signal.SIGTERM, _signal.SIGINT):
        handler = _signal.getsignal(number)
        if str(getattr(handler, "__module__", "")).partition(".")[0] == _SUREFOOT:
            _signal.signal(number, _signal.SIG_DFL)


def _run_shutdown_hooks() -> None:
    lifecycle = sys.modules.get(_LIFECYCLE)
    if lifecycle is not None:
        lifecycle.run_shutdown(log_to_operator)


def _count_collections() -> int:
    """Return how many collections there have been."""
    count: int = gc.get_stats()[0]["collections"]
    return count


# Objects that trigger a collection, and collections that trigger one of the next generation. Init
# with boto3 and some clients makes 95,000 objects, with that of EC2 120,000, pandas 100,000: each
# stays below, where a collection would take 50 ms. What init drops in circles may take some
# megabytes until it is found.
_GC_DURING_INIT = (300_000, 1, 1000)
_GC_AFTERWARDS = gc.get_threshold()
_GC_BEFORE = _count_collections()
# Fewer new objects than this, and what is garbage among them is not worth a collection.
_GC_WORTHWHILE = 20_000
# The modules of AWS's client with names that other packages replace or compare (see compat.names).
_AWS_MODULES = tuple(
    f"awslambdaric.{name}"
    for name in ("bootstrap", "lambda_context", "lambda_runtime_client", "lambda_runtime_exception")
)
_SUREFOOT = __name__.partition(".")[0]
_LIFECYCLE = f"{_SUREFOOT}.lifecycle"
_SEALED_INIT = f"{__package__}.sealed_init"


def _unset_variable(name: bytes) -> None:
    if posix.environ.pop(name, None) is not None:
        posix.unsetenv(name)


def _read_environment() -> dict[str, str]:
    """Return the environment without importing ``os``, decoded as ``os`` would."""
    return {
        str(name, "utf-8", "surrogateescape"): str(value, "utf-8", "surrogateescape")
        for name, value in posix.environ.items()
    }
