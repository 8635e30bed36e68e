"""Everything the runtime takes from its environment, read once from an argument."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

from .errors import ConfigError, NoHandler

# Managed runtimes from 3.12 on answer in UTF-8 where older ones escape; awslambdaric tells them by
# this variable, so a function that moves here keeps its bytes.
_UTF8_ENVIRONMENTS = ("AWS_Lambda_python3.12", "AWS_Lambda_python3.13", "AWS_Lambda_python3.14", "AWS_Lambda_python3.15")  # fmt: skip


class Config:
    """The settings of one runtime process.

    ``handler`` is the name as given; ``host``/``port`` locate the Runtime API; the rest are
    Lambda's own variables under their meaning. Strings are empty where Lambda sets nothing,
    except those that the context object shows, which are None like awslambdaric's.
    """

    __slots__ = (
        "ensure_ascii",
        "function_name",
        "function_version",
        "handler",
        "host",
        "initialization_type",
        "log_format",
        "log_group_name",
        "log_level",
        "log_stream_name",
        "memory_limit_in_mb",
        "port",
        "task_root",
        "telemetry_fd",
    )

    def __init__(self, argv: "Sequence[str]", environ: "Mapping[str, str]") -> None:
        """Read the settings.

        :param argv: the arguments after the program name; the first is the handler
        :param environ: the environment variables
        :raises NoHandler: neither argv nor _HANDLER names one
        :raises ConfigError: AWS_LAMBDA_RUNTIME_API is missing or not host:port
        """
        get = environ.get
        # CMD of the image wins: on container images _HANDLER may be unset or stale.
        self.handler = (argv[0] if argv else "") or get("_HANDLER", "")
        if not self.handler:
            raise NoHandler(
                "no handler is named. Give it as the argument (in an image: CMD "
                '["app.handler"]) or set _HANDLER.'
            )
        self.host, self.port = _address(get("AWS_LAMBDA_RUNTIME_API", ""))
        self.task_root = get("LAMBDA_TASK_ROOT", "")
        self.initialization_type = get("AWS_LAMBDA_INITIALIZATION_TYPE", "")
        self.ensure_ascii = get("AWS_EXECUTION_ENV") not in _UTF8_ENVIRONMENTS
        self.log_format = get("AWS_LAMBDA_LOG_FORMAT", "").upper()
        level = get("AWS_LAMBDA_LOG_LEVEL", "").upper()
        self.log_level = "DEBUG" if level == "TRACE" else level
        self.telemetry_fd = _descriptor(get("_LAMBDA_TELEMETRY_LOG_FD"))
        self.log_group_name = get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = get("AWS_LAMBDA_FUNCTION_VERSION")


def _address(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host and not port:
        raise ConfigError(
            "AWS_LAMBDA_RUNTIME_API is not set, so there is no Runtime API to ask for invocations. "
            "Lambda sets it; on your own machine start the function under the emulator "
            "(make run) instead."
        )
    # isdecimal() alone would let other scripts' digits through.
    if not host or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise ConfigError(f"AWS_LAMBDA_RUNTIME_API is {value!r}, which is not HOST:PORT.")
    return host.strip("[]"), int(port)


def _descriptor(value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal()):
        raise ConfigError(f"_LAMBDA_TELEMETRY_LOG_FD is {value!r}, which is no file descriptor.")
    return int(value)
