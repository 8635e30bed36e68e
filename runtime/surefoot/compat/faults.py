"""The exception of AWS's client."""

from ..errors import (
    AFTER_RESTORE_ERROR,
    BEFORE_SNAPSHOT_ERROR,
    BUILT_IN_MODULE_CONFLICT,
    CONTEXT_UNMARSHAL_ERROR,
    HANDLER_NOT_FOUND,
    IMPORT_MODULE_ERROR,
    MALFORMED_HANDLER_NAME,
    MARSHAL_ERROR,
    UNMARSHAL_ERROR,
    USER_CODE_SYNTAX_ERROR,
    Fault,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class FaultException(Fault):
    """A failure that is reported under ``exception_type``, without a trace of its own."""

    MARSHAL_ERROR = MARSHAL_ERROR
    UNMARSHAL_ERROR = UNMARSHAL_ERROR
    USER_CODE_SYNTAX_ERROR = USER_CODE_SYNTAX_ERROR
    HANDLER_NOT_FOUND = HANDLER_NOT_FOUND
    IMPORT_MODULE_ERROR = IMPORT_MODULE_ERROR
    BUILT_IN_MODULE_CONFLICT = BUILT_IN_MODULE_CONFLICT
    MALFORMED_HANDLER_NAME = MALFORMED_HANDLER_NAME
    BEFORE_SNAPSHOT_ERROR = BEFORE_SNAPSHOT_ERROR
    AFTER_RESTORE_ERROR = AFTER_RESTORE_ERROR
    LAMBDA_CONTEXT_UNMARSHAL_ERROR = CONTEXT_UNMARSHAL_ERROR
    LAMBDA_RUNTIME_CLIENT_ERROR = "Runtime.LambdaRuntimeClientError"

    def __init__(self, exception_type: str, msg: str, trace: "list[Any] | None" = None) -> None:
        super().__init__(exception_type, msg, trace)
        self.exception_type = exception_type
        self.msg = msg
        self.trace = trace
