"""Lambda's configuration of the root logger; imported after ``logging`` only."""

import logging
import sys
import time

from . import Log

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .sinks import Sink


class LambdaLoggerFilter(logging.Filter):
    """Gives each record the ids of its invocation: the first filter, so that others may read them.

    This name and those of the handlers are AWS's: other packages look for them.
    """

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._ids_of = log

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        record.aws_request_id, record.tenant_id = self._ids_of.invocation
        return True


class LambdaLoggerHandler(logging.Handler):
    """Hands each record to the sink."""

    def __init__(self, log: Log, json: bool) -> None:
        super().__init__()
        self.log = log
        self.json = json

    @property
    def log_sink(self) -> "Sink":
        """Where the records go, under AWS's name."""
        return self.log.sink

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; a bad logging call costs a line on stderr, never the invocation."""
        try:
            if not hasattr(record, "aws_request_id"):
                # The function has removed the filter; the format needs them all the same.
                record.aws_request_id, record.tenant_id = self.log.invocation
            self.log.sink.write_record(self.format(record), self.level_of(record), self.json)
        except Exception:
            self.handleError(record)

    def level_of(self, _: logging.LogRecord) -> int:
        """Return the level of a record's frame: without a setting for either, frames carry none."""
        return 0


class LambdaLoggerHandlerWithFrameType(LambdaLoggerHandler):
    """Hands each record to the sink with its level: for JSON, or with a log level."""

    def level_of(self, record: logging.LogRecord) -> int:
        """Return the level of a record's frame."""
        return min(50, max(0, record.levelno)) // 10 * 10


def configure(log: Log) -> None:
    """Put Lambda's handler, format and level on the root logger (UTC, like AWS's runtimes)."""
    json = log.config.log_format == "JSON"
    logging.Formatter.converter = time.gmtime
    level = log.config.log_level
    kind = LambdaLoggerHandlerWithFrameType if json or level else LambdaLoggerHandler
    handler = kind(log, json)
    handler.addFilter(LambdaLoggerFilter(log))
    if json:
        from .json_format import JsonFormatter

        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(
            logging.Formatter(
                "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
                "%Y-%m-%dT%H:%M:%S",
            )
        )
    root = logging.getLogger()
    if level:
        try:
            root.setLevel(level)
        except ValueError:
            print(
                f"surefoot: AWS_LAMBDA_LOG_LEVEL is {level!r}, which is no log level; "
                "use DEBUG, INFO, WARN, ERROR or CRITICAL.",
                file=sys.stderr,
            )
    root.addHandler(handler)
