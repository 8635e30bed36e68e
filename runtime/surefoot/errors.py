"""Exit codes, fault types and exceptions of the runtime."""

# Exit codes are a contract: what supervises the process decides by them. The numbers from 69 on
# are those of BSD sysexits.h, which operators may know.
EXIT_INIT = 1  # the function could not be loaded; reported to init/error
EXIT_BEFORE_SNAPSHOT = 64  # a before-snapshot hook failed; reported to init/error
EXIT_AFTER_RESTORE = 65  # an after-restore hook failed; reported to restore/error
EXIT_SANDBOX_GONE = 69  # nothing answers at AWS_LAMBDA_RUNTIME_API any more
EXIT_CRASHES = 70  # workers died again and again and finished nothing
EXIT_DESCRIPTORS = 75  # no descriptor was left for a connection to the Runtime API
EXIT_CONTAINER = 71  # the Runtime API answered 500: the sandbox is broken
EXIT_PROTOCOL = 76  # what answered does not speak the Runtime API
EXIT_CONFIG = 78  # a setting that cannot be used
EXIT_NO_HANDLER = 142  # no handler was named, as AWS's base images exit

# The longest time-out of a function, in seconds: 900 until botocore 1.44.7 (19 November 2026), and
# longer still for asynchronous invocations on Lambda Managed Instances. Source: AWS Lambda
# Developer Guide, "Lambda quotas", function timeout.
MAX_TIMEOUT_SECONDS = 1_800
MAX_ASYNC_TIMEOUT_SECONDS = 5_400

# Fault types, in the grammar (Runtime|Function).Name that Lambda records; anything else it would
# turn into Runtime.Unknown. Those of awslambdaric keep its names.
MARSHAL_ERROR = "Runtime.MarshalError"
UNMARSHAL_ERROR = "Runtime.UnmarshalError"
USER_CODE_SYNTAX_ERROR = "Runtime.UserCodeSyntaxError"
HANDLER_NOT_FOUND = "Runtime.HandlerNotFound"
IMPORT_MODULE_ERROR = "Runtime.ImportModuleError"
BUILT_IN_MODULE_CONFLICT = "Runtime.BuiltInModuleConflict"
MALFORMED_HANDLER_NAME = "Runtime.MalformedHandlerName"
CONTEXT_UNMARSHAL_ERROR = "Runtime.LambdaContextUnmarshalError"
BEFORE_SNAPSHOT_ERROR = "Runtime.BeforeSnapshotError"
AFTER_RESTORE_ERROR = "Runtime.AfterRestoreError"
SHELL_ERROR = "Function.ShellError"


class Fault(Exception):
    """A failure that the runtime itself names, to be reported under ``kind``.

    ``stack`` replaces the traceback in the report; None means that there is none to show.
    """

    def __init__(self, kind: str, message: str, stack: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.stack = stack


class DeadlineExceeded(Exception):
    """Raised in the handler shortly before its invocation times out, when asked for.

    Set SUREFOOT_DEADLINE_RAISE=1, and ``finally`` blocks and checkpoints run before Lambda kills
    the process; what the handler does not catch is reported as the invocation's error. A coroutine
    meets it as asyncio.CancelledError at the ``await`` where it waits.
    """


class FatalError(Exception):
    """The process cannot go on; it ends with ``exit_code`` after saying why on stderr."""

    exit_code = EXIT_PROTOCOL


class Terminated(FatalError):
    """The process was asked to end and has done what was left to do."""

    exit_code = 0


class ConfigError(FatalError):
    """A setting is missing or cannot be used."""

    exit_code = EXIT_CONFIG


class NoHandler(FatalError):
    """Neither an argument nor _HANDLER names a handler."""

    exit_code = EXIT_NO_HANDLER


class SandboxGone(FatalError):
    """The Runtime API refuses connections or hung up while we waited for an invocation."""

    exit_code = EXIT_SANDBOX_GONE


class ContainerError(FatalError):
    """The Runtime API answered with a container error: AWS asks the runtime to exit promptly."""

    exit_code = EXIT_CONTAINER


class RemoteProtocolError(FatalError):
    """The peer broke HTTP/1.1 or the Runtime API: its fault, not the function's."""

    exit_code = EXIT_PROTOCOL


class OutOfDescriptors(FatalError):
    """The process holds as many files and sockets as it may, and the connection needs one."""

    exit_code = EXIT_DESCRIPTORS
