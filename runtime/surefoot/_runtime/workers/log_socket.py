"""A worker's standard output and error on Lambda's log channel."""

import _socket
import posix

from ..._process.operator_log import log_to_operator


def redirect(path: str) -> None:
    """Connect stdout and stderr to the channel at ``path``, a connection each.

    Source: _LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET as awslambdaric uses it.
    """
    try:
        for descriptor in (1, 2):
            channel = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
            try:
                channel.connect(path)
                posix.dup2(channel.fileno(), descriptor)
            finally:
                channel.close()
    except OSError as error:
        # Lines that miss the platform's channel are better than no worker.
        log_to_operator(
            f"cannot connect to the log channel {path} ({error.strerror or error}); "
            "this worker writes where the runtime's own output goes."
        )
