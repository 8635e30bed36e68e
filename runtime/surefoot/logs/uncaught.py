"""An uncaught error as one log record, in the form AWS's own runtimes write it."""

import time

from ..marshal import Marshaller
from . import Log
from .sinks import error_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..report import Report


def record(log: Log, report: "Report", request_id: str = "") -> None:
    """Write the record of a failed invocation, or of a failed init without a request id."""
    try:
        if log.config.log_format == "JSON":
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            fields = {"timestamp": stamp, "level": "ERROR", **report.fields(request_id)}
            lines = [str(Marshaller(log.config.ensure_ascii).dumps(fields), "utf-8")]
            log.sink.write_error(lines, json=True)
        else:
            log.sink.write_error(error_lines(report.kind, report.message, report.stack))
    except (OSError, ValueError):
        # A closed or full log must not keep the report from the Runtime API.
        return
