"""Lambda's configuration of the root logger; imported after ``logging`` only."""

import logging
import sys
import time

from . import Log


class LambdaHandler(logging.Handler):
    """Gives each record the request id and hands it to the sink."""

    def __init__(self, log: Log, json: bool, levels: bool) -> None:
        super().__init__()
        self.log = log
        self.json = json
        self.levels = levels

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; a bad logging call costs a line on stderr, never the invocation."""
        record.aws_request_id, record.tenant_id = self.log.invocation
        try:
            level = min(50, max(0, record.levelno)) // 10 * 10 if self.levels else 0
            self.log.sink.write_record(self.format(record), level, self.json)
        except Exception:
            self.handleError(record)


def configure(log: Log) -> None:
    """Put Lambda's handler, format and level on the root logger (UTC, like AWS's runtimes)."""
    json = log.config.log_format == "JSON"
    logging.Formatter.converter = time.gmtime
    level = log.config.log_level
    # Without either setting Lambda does not filter by level, and frames carry none.
    handler = LambdaHandler(log, json, levels=json or bool(level))
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
