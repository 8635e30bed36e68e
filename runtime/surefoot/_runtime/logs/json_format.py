"""Log records as JSON lines, field for field like awslambdaric's."""

import json
import logging
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

# What every record has; any other attribute came with ``extra`` and is shown, and so is the name of
# the asyncio task, where there is one.
_STANDARD = (frozenset(vars(logging.makeLogRecord({}))) - {"taskName"}) | {
    "aws_request_id",
    "tenant_id",
    "message",
    "asctime",
}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: timestamp, level, message, logger, requestId, and what else there is.

    A dict message stays an object; what has no JSON form is shown as its str().
    """

    def __init__(self) -> None:
        super().__init__(datefmt=TIME_FORMAT)
        self._encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=str).encode

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one JSON line."""
        plain = isinstance(record.msg, dict) and not record.args
        fields: dict[str, Any] = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": logging.getLevelName(min(50, max(0, record.levelno)) // 10 * 10),
            "message": record.msg if plain else record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, trace = record.exc_info
            fields["stackTrace"] = traceback.format_tb(trace)
            fields["errorType"] = kind.__name__
            fields["errorMessage"] = str(error)
        fields["requestId"] = getattr(record, "aws_request_id", None)
        if record.exc_info:
            fields["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        fields["tenantId"] = getattr(record, "tenant_id", None)
        for name, value in vars(record).items():
            if name not in _STANDARD and name not in fields:
                fields[name] = value
        shown = {name: value for name, value in fields.items() if value is not None}
        try:
            return self._encode(shown) + "\n"
        except ValueError:
            # A NaN or an infinity, which JSON lacks; or a circle, which raises again.
            return self._encode(_without_nan(shown, ())) + "\n"


def _without_nan(value: "Any", around: "tuple[int, ...]") -> "Any":
    """Return a value with the str() of each NaN and infinity in its place.

    :param around: ids of what contains the value; JSON does not go round in circles
    """
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if id(value) in around:
        raise ValueError("Circular reference detected")
    inner = (*around, id(value))
    if isinstance(value, dict):
        return {_without_nan(key, ()): _without_nan(each, inner) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each, inner) for each in value]
    return value
