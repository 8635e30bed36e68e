"""Multi-concurrency: many invocations at once in one execution environment.

On Lambda Managed Instances AWS_LAMBDA_MAX_CONCURRENCY says how many; each parked invocation/next is
one place. Here each place is a worker, a forked process that serves one invocation at a time, and
this process keeps them alive. Source: AWS Lambda Developer Guide, "Lambda Managed Instances".
"""

from ...errors import ConfigError, FatalError
from .supervisor import Supervisor
from .worker import InChild

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._runtime_api.client import Client
    from ..config import Config


def supervise(config: "Config", count: int, work: "Callable[[Client], None]") -> int:
    """Keep ``count`` workers alive until the sandbox ends; return the exit code (see errors).

    Returns in every worker, too, with that worker's own code, so that the interpreter ends there as
    it does everywhere: output flushed, atexit functions called.

    :param work: loads the function unless it is loaded, and serves it through the client it gets
    :raises ConfigError: no workers are wanted
    :raises FatalError: the one worker that speaks for all of them could not go on
    """
    if count < 1:
        raise ConfigError(
            f"AWS_LAMBDA_MAX_CONCURRENCY is {count}; with no worker nothing would be served. "
            "Set it to 1 or more, or not at all."
        )
    supervisor = Supervisor(config, count)
    try:
        return supervisor.run()
    except InChild as forked:
        worker = forked.worker
    # What the supervisor held is its own business; only the worker's frames go on from here.
    del supervisor
    try:
        return worker.run(work)
    except FatalError:
        # The sandbox ends for all of them in the same way: one report is enough.
        if worker.claims_report():
            raise
        return worker.exit_code
