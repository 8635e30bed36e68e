"""Everything the runtime takes from its environment, read once from an argument."""

from ..errors import ConfigError, NoHandler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# Managed runtimes from 3.12 on answer in UTF-8 where older ones escape; awslambdaric recognises
# them by this variable. AWS's Python images set it, too, so UTF-8 is what a function that moves to
# an image like this one knows; escapes would double the size of many answers.
_UTF8_ENVIRONMENTS = (
    "AWS_Lambda_Image",
    *(f"AWS_Lambda_python3.{minor}" for minor in (12, 13, 14, 15)),
)

# surefoot's own settings with their defaults; the README explains them. All are whole
# numbers; those that switch something take 1 or 0.
SETTINGS = {
    "SUREFOOT_DEADLINE_MARGIN_MS": 500,
    "SUREFOOT_DEADLINE_RAISE": 0,
    "SUREFOOT_PRELOAD": 0,
    "SUREFOOT_ASYNC_CONCURRENCY": 0,
    "SUREFOOT_ESCAPE_JSON": 0,
}


class Config:
    """The settings of one runtime process.

    ``handler`` is the name as given; ``host``/``port`` locate the Runtime API; the rest are
    Lambda's own variables under their meaning. Strings are empty where Lambda sets nothing,
    except those that the context object shows, which are None like awslambdaric's.
    """

    __slots__ = (
        "async_concurrency",
        "deadline_margin_ms",
        "deadline_raises",
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
        "max_concurrency",
        "memory_limit_in_mb",
        "port",
        "preload",
        "lazy_imports",
        "provider_socket",
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
        self.ensure_ascii = (
            bool(_setting(get, "SUREFOOT_ESCAPE_JSON"))
            or get("AWS_EXECUTION_ENV") not in _UTF8_ENVIRONMENTS
        )
        self.log_format = get("AWS_LAMBDA_LOG_FORMAT", "").upper()
        level = get("AWS_LAMBDA_LOG_LEVEL", "").upper()
        self.log_level = "DEBUG" if level == "TRACE" else level
        self.telemetry_fd = _number("_LAMBDA_TELEMETRY_LOG_FD", get("_LAMBDA_TELEMETRY_LOG_FD"))
        self.provider_socket = get("_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET", "")
        # The emulator sets it even when it is empty, and then serves one invocation at a time.
        self.max_concurrency = _number(
            "AWS_LAMBDA_MAX_CONCURRENCY", get("AWS_LAMBDA_MAX_CONCURRENCY") or None
        )
        if self.max_concurrency == 0:
            raise ConfigError("AWS_LAMBDA_MAX_CONCURRENCY is 0; it takes 1 or more.")
        self.deadline_margin_ms = _setting(get, "SUREFOOT_DEADLINE_MARGIN_MS")
        self.deadline_raises = bool(_setting(get, "SUREFOOT_DEADLINE_RAISE"))
        self.preload = bool(_setting(get, "SUREFOOT_PRELOAD"))
        self.lazy_imports = _packages("SUREFOOT_LAZY_IMPORTS", get("SUREFOOT_LAZY_IMPORTS") or "0")
        self.async_concurrency = bool(_setting(get, "SUREFOOT_ASYNC_CONCURRENCY"))
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
    is_port = port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536
    if not (host.isascii() and host and is_port):
        raise ConfigError(f"AWS_LAMBDA_RUNTIME_API is {value[:80]!r}, which is not HOST:PORT.")
    return host.strip("[]"), int(port)


def _setting(get: "Callable[[str], str | None]", name: str) -> int:
    default = SETTINGS[name]
    value = _number(name, get(name) or None)
    return default if value is None else value


def _packages(name: str, value: str) -> str:
    """Return an empty string for 0; lists as they are."""
    if value == "0":
        return ""
    first, *rest = (part.strip() for part in value.split(","))
    parts = [part.removeprefix("-") for part in (rest if first == "1" else [first, *rest])]
    if not all(word.isidentifier() for part in parts for word in part.split(".")):
        raise ConfigError(
            f"{name} is {value[:80]!r}; it takes 1 for all imports, 0 for none, or names of "
            "packages with commas between them; 1,-pandas is all but pandas."
        )
    return value


def _number(name: str, value: str | None) -> int | None:
    if value is None:
        return None
    # isdecimal() alone would let other scripts' digits through.
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise ConfigError(f"{name} is {value[:80]!r}; it takes a whole number, 0 or more.")
    return int(value)
