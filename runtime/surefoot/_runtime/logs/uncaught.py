"""An uncaught error as one log record, in the form AWS's own runtimes write it.

Free of imports from its loading on (see late): at a failure nothing more may be needed.
"""

import time

from ..._payload.marshaller import Marshaller
from ..._process.polling import write_within
from ..._runtime_api.error_report import Report
from . import Log
from .sinks import Sink, error_lines, make_sink

# How long standard error may keep the runtime waiting when the log itself cannot be written.
_PATIENCE = 0.5


def report_error(log: Log, error: BaseException, request_id: str = "") -> Report:
    """Write the log record of an error and return its report. Never raises.

    :param request_id: of the failed invocation; empty during init
    """
    report = Report.of(error)
    record(log, report, request_id)
    return report


def record(log: Log, report: Report, request_id: str = "") -> None:
    """Write the record of a failed invocation, or of a failed init without a request id.

    A log that cannot be written to (closed, full, replaced by something that raises) must not keep
    the report from the Runtime API; then the record goes to the descriptor of standard error.
    """
    json = log.config.log_format == "JSON"
    try:
        lines = _json_lines(log, report, request_id) if json else _text_lines(report)
    except Exception:
        lines = [f"[ERROR] {report.kind}: {report.message}"]
    try:
        _sink(log).write_error(lines, json=json)
    except Exception:
        data = "\r".join(lines) + "\n"
        write_within(2, data.encode("utf-8", "backslashreplace"), _PATIENCE)


def _sink(log: Log) -> Sink:
    try:
        return log.sink
    except Exception:
        # Made with the first record, by an import that the function may have made impossible.
        return make_sink(log.config.telemetry_fd)


def _text_lines(report: Report) -> list[str]:
    return error_lines(report.kind, report.message, report.stack)


def _json_lines(log: Log, report: Report, request_id: str) -> list[str]:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    fields = {"timestamp": stamp, "level": "ERROR", **report.fields(request_id)}
    return [str(Marshaller(log.config.ensure_ascii).dumps(fields), "utf-8")]
