"""Reports about a dead worker: for the operator, and for the caller of its invocation."""

import sys

from ..._payload.marshaller import Marshaller
from ..._process.operator_log import log_to_operator
from ..._runtime_api.client import Client
from ..._runtime_api.invocation import Invocation
from ..._runtime_api.transport import Connection
from ...errors import FatalError, Fault
from ..late import report_of
from .shared_state import BUSY, INIT
from .signals import describe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config import Config

EXIT_ERROR = "Runtime.ExitError"  # the type under which Lambda records that a runtime ended
_SIGKILL = 9


def warn_about_threads() -> None:
    """Log that a preloaded function has threads: fork copies none of them to a worker."""
    threading = sys.modules.get("threading")
    count = threading.active_count() - 1 if threading is not None else 0
    if count:
        log_to_operator(
            f"the function started {count} thread(s) while it was imported, and no worker has "
            "them; start them in the handler, or set SUREFOOT_PRELOAD=0."
        )


def log_pool_start(config: "Config", count: int) -> None:
    """Log at DEBUG that the workers are about to start, field for field like awslambdaric."""
    if config.log_level != "DEBUG":
        return
    import logging

    logging.getLogger().debug(
        {
            "event": "runtime_worker_pool_initializing",
            "workerCount": count,
            "executionEnvironmentMaxConcurrency": count,
        }
    )


def describe_exit(code: int, state: int, current_invocation: "tuple[str, str] | None") -> str:
    """Return what a worker was doing and how it died (an exit code; negative: a signal)."""
    if current_invocation is not None:
        doing = f"busy with request {current_invocation[0]} (which is now reported as failed)"
    else:
        doing = _DOING.get(state, "idle")
    return f"{doing}, {_how(code)}"


_DOING = {INIT: "still loading the function", BUSY: "busy with an invocation"}


def _how(code: int) -> str:
    if code >= 0:
        return f"ended by itself with exit code {code}"
    hint = "; perhaps out of memory?" if code == -_SIGKILL else ""
    return f"was killed by {describe(-code)}{hint}"


def report_lost(
    config: "Config", code: int, request_id: str, invocation_id: str
) -> "Callable[[], None]":
    """Return what reports a dead worker's invocation, whose caller would wait for nothing."""
    headers = {"lambda-runtime-aws-request-id": request_id}
    if invocation_id:
        headers["lambda-runtime-invocation-id"] = invocation_id

    def send() -> None:
        report = report_of(_fault(code, "the invocation"))
        _deliver(config, lambda client: client.fail(Invocation(headers, b""), report))

    return send


def report_init(config: "Config", code: int) -> "Callable[[], None]":
    """Return what reports to Lambda that workers die before they have loaded the function."""

    def send() -> None:
        report = report_of(_fault(code, "loading the function"))
        _deliver(config, lambda client: client.init_error(report))

    return send


def _fault(code: int, during: str) -> Fault:
    return Fault(EXIT_ERROR, f"The process {_how(code)} (during {during})")


def _deliver(config: "Config", post: "Callable[[Client], None]") -> None:
    connection = Connection(config.host, config.port)
    try:
        post(Client(connection, Marshaller(config.ensure_ascii), log_to_operator))
    except FatalError as stop:
        log_to_operator(str(stop))
