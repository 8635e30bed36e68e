"""The composition root: reads the environment, builds everything once, serves until the end."""

import gc
import posix
import sys

from . import late, sitepath
from .client import Client
from .config import Config
from .deadline import Guard
from .errors import EXIT_AFTER_RESTORE, EXIT_BEFORE_SNAPSHOT, EXIT_INIT, Fault, RuntimeStop
from .logs import Log, hook, say
from .loop import Loop
from .marshal import Marshaller, RawMarshaller, chosen_marshaller
from .traceid import set_trace_id
from .transport import Connection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Function = Callable[[Any, Any], Any]


def main(arguments: "Sequence[str]") -> int:
    """Run the runtime until the sandbox ends it; return the exit code (see errors)."""
    # Init makes objects to stay; looking through them for garbage takes a fifteenth of a boto3
    # import. By a threshold, not by gc.disable(): what the function says of the collector holds.
    gc.set_threshold(_NO_COLLECTION, *_THRESHOLD[1:])
    try:
        return _serve(arguments)
    except RuntimeStop as stop:
        say(str(stop))
        return stop.exit_code
    except KeyboardInterrupt:
        return 130
    finally:
        _shut_down()


def _serve(arguments: "Sequence[str]") -> int:
    environ = _environment()
    config = Config(arguments, environ)
    working_directory = posix.getcwd()
    sitepath.prepare(working_directory, config.task_root, environ)
    config.task_root = config.task_root or working_directory
    _forget(b"_LAMBDA_TELEMETRY_LOG_FD")
    _configure_streams()
    log = Log(config)
    hook.install(log)
    late.prepare()
    if config.max_concurrency is None:
        _serve_with(_client(config), config, log)
    elif config.async_concurrency:
        _serve_at_once(config.max_concurrency, config, log)
    else:
        return _serve_by_workers(config.max_concurrency, config, log)
    return 0


def _client(config: Config) -> Client:
    connection = Connection(config.host, config.port)
    connection.reserve()
    return Client(connection, Marshaller(config.ensure_ascii), say)


def _serve_with(
    client: Client, config: Config, log: Log, function: "Function | None" = None
) -> None:
    """Load the function, unless it is loaded, and serve it one invocation at a time.

    :raises RuntimeStop: see errors
    :raises SystemExit: the function could not be loaded, which has been reported
    """
    if function is None:
        function = _load(client, config, log)
    if config.initialization_type == "snap-start":
        _snapshot(client, log)
    marshaller: Marshaller = client.marshaller
    if getattr(function, "takes_bytes", False):
        marshaller = RawMarshaller(config.ensure_ascii)
    guard = Guard(config.deadline_margin_ms, config.deadline_raises, say)
    marshaller = chosen_marshaller(marshaller)
    _collect_again()
    loop = Loop(client, function, marshaller, config, log, set_trace_id, guard)
    _end_gently(loop)
    loop.run()


def _serve_at_once(count: int, config: Config, log: Log) -> None:
    from .concurrent import ConcurrentLoop

    clients = [_client(config) for _ in range(count)]
    function = _load(clients[0], config, log)
    try:
        loop = ConcurrentLoop(
            clients, function, chosen_marshaller(clients[0].marshaller), config, log
        )
    except Fault as fault:
        clients[0].init_error(late.report_error(log, fault))
        sys.exit(EXIT_INIT)
    _collect_again()
    loop.run()


def _serve_by_workers(count: int, config: Config, log: Log) -> int:
    from .workers import supervise

    function = _load(_client(config), config, log) if config.preload else None
    shell = sys.modules.get(f"{__package__}.handlers.shell")
    if shell is not None and isinstance(function, shell.ShellFunction):
        # Its bash belongs to one process: each worker needs one of its own.
        function.close()
        function = None
    supervisor = posix.getpid()
    try:
        return supervise(config, count, lambda client: _serve_with(client, config, log, function))
    finally:
        if posix.getpid() == supervisor:
            # Hooks that came with a preloaded function are for the workers, each of which has them.
            sys.modules.pop(_LIFECYCLE, None)


def _load(client: Client, config: Config, log: Log) -> "Function":
    """Return the function; when it cannot be loaded, report that and end the process.

    :raises SystemExit: it could not be loaded
    """
    try:
        return _find(config.handler, config.task_root)
    except BaseException as error:
        client.init_error(late.report_error(log, error))
        sys.exit(EXIT_INIT)


def _find(handler: str, task_root: str) -> "Function":
    """Return the handler: a Python callable, or a shell function where there is no such module."""
    from .handlers.resolve import ModuleMissing, resolve, split

    try:
        return resolve(handler)
    except ModuleMissing as missing:
        from .handlers.shell import ShellFunction, find

        module, name = split(handler)
        script = find(task_root, module)
        if script is not None:
            return ShellFunction(script, name)
        say(
            f"{missing.message}. Looked for {module}.sh in {task_root} and in "
            + ", ".join(sys.path)
        )
        raise


def _snapshot(client: Client, log: Log) -> None:
    """Let SnapStart take its snapshot between the hooks."""
    from . import lifecycle

    try:
        lifecycle.run_before_snapshot()
    except BaseException as error:
        client.before_snapshot_error(late.report_error(log, error))
        sys.exit(EXIT_BEFORE_SNAPSHOT)
    client.restore_next()
    try:
        lifecycle.run_after_restore()
    except BaseException as error:
        client.restore_error(late.report_error(log, error))
        sys.exit(EXIT_AFTER_RESTORE)


def _collect_again() -> None:
    """End main()'s pause of the collector, unless the function has set it up for itself."""
    # What init made stays for good; the collector need not look through it again and again.
    gc.freeze()
    if gc.get_threshold()[0] == _NO_COLLECTION:
        gc.set_threshold(*_THRESHOLD)


def _end_gently(loop: Loop) -> None:
    """Have SIGTERM end the loop, if the function asked to be called then and has no handler."""
    if _LIFECYCLE not in sys.modules:
        return
    import _signal  # type: ignore[import-not-found]  # the signal module would import enum

    if _signal.getsignal(_signal.SIGTERM) is _signal.SIG_DFL:
        _signal.signal(_signal.SIGTERM, lambda *_: loop.stop())


def _shut_down() -> None:
    lifecycle = sys.modules.get(_LIFECYCLE)
    if lifecycle is not None:
        lifecycle.run_shutdown(say)


_THRESHOLD = gc.get_threshold()
_NO_COLLECTION = 1 << 30
_LIFECYCLE = f"{__package__}.lifecycle"


def _forget(name: bytes) -> None:
    if posix.environ.pop(name, None) is not None:
        posix.unsetenv(name)


def _environment() -> dict[str, str]:
    """Return the environment without importing ``os``, decoded as ``os`` would."""
    return {
        str(name, "utf-8", "surrogateescape"): str(value, "utf-8", "surrogateescape")
        for name, value in posix.environ.items()
    }


def _configure_streams() -> None:
    """Make each printed line leave at once, and no character keep a line from being printed."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
