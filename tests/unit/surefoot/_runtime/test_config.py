"""Settings: what is read, what is refused, and how the refusal helps."""

from __future__ import annotations

import pytest

from surefoot._runtime.config import Config
from surefoot.errors import ConfigError, NoHandler

API = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001"}


def test_the_argument_wins_over_the_variable() -> None:
    assert Config(["a.b"], {**API, "_HANDLER": "c.d"}).handler == "a.b"
    assert Config([], {**API, "_HANDLER": "c.d"}).handler == "c.d"
    assert Config([""], {**API, "_HANDLER": "c.d"}).handler == "c.d"


@pytest.mark.parametrize("argv", [[], [""]])
def test_no_handler_is_a_stop_that_says_what_to_do(argv: list[str]) -> None:
    with pytest.raises(NoHandler, match=r"CMD .* or set _HANDLER"):
        Config(argv, API)


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        ("127.0.0.1:9001", "127.0.0.1", 9001),
        ("localhost:1", "localhost", 1),
        ("[::1]:65535", "::1", 65535),
    ],
)
def test_addresses(value: str, host: str, port: int) -> None:
    config = Config(["a.b"], {"AWS_LAMBDA_RUNTIME_API": value})
    assert (config.host, config.port) == (host, port)


@pytest.mark.parametrize(
    "value",
    ["127.0.0.1", ":9001", "host:", "host:0", "host:65536", "host:-1", "host:x", "host:٩", "h:1 "],
)
def test_an_address_that_is_none_is_refused_by_name(value: str) -> None:
    with pytest.raises(ConfigError, match=r"AWS_LAMBDA_RUNTIME_API is .* not HOST:PORT"):
        Config(["a.b"], {"AWS_LAMBDA_RUNTIME_API": value})


@pytest.mark.parametrize("value", ["host:" + "1" * 5000, "a\udcff:80"])
def test_an_odd_address_is_no_exception_of_the_interpreters(value: str) -> None:
    with pytest.raises(ConfigError):
        Config(["a.b"], {"AWS_LAMBDA_RUNTIME_API": value})


def test_a_missing_address_points_to_the_emulator() -> None:
    with pytest.raises(ConfigError, match=r"is not set.*make run"):
        Config(["a.b"], {})


@pytest.mark.parametrize(
    ("environment", "ascii_only"),
    [
        (None, True),
        ("AWS_Lambda_Image", False),
        ("AWS_Lambda_python3.11", True),
        ("AWS_Lambda_python3.12", False),
        ("AWS_Lambda_python3.13", False),
    ],
)
def test_answers_are_escaped_where_older_managed_runtimes_do_or_when_asked_for(
    environment: str | None, ascii_only: bool
) -> None:
    environ = API if environment is None else {**API, "AWS_EXECUTION_ENV": environment}
    assert Config(["a.b"], environ).ensure_ascii is ascii_only
    assert Config(["a.b"], {**environ, "SUREFOOT_ESCAPE_JSON": "1"}).ensure_ascii


@pytest.mark.parametrize(("value", "level"), [("trace", "DEBUG"), ("Warn", "WARN"), ("", "")])
def test_log_levels(value: str, level: str) -> None:
    assert Config(["a.b"], {**API, "AWS_LAMBDA_LOG_LEVEL": value}).log_level == level


def test_the_log_format_may_be_in_any_case() -> None:
    assert Config(["a.b"], {**API, "AWS_LAMBDA_LOG_FORMAT": "json"}).log_format == "JSON"


@pytest.mark.parametrize(("value", "descriptor"), [("3", 3), ("0", 0)])
def test_the_telemetry_descriptor_is_a_number(value: str, descriptor: int) -> None:
    assert Config(["a.b"], {**API, "_LAMBDA_TELEMETRY_LOG_FD": value}).telemetry_fd == descriptor


@pytest.mark.parametrize("value", ["", "x", "-1", "1.0", "٣"])
def test_a_telemetry_descriptor_that_is_none_is_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="_LAMBDA_TELEMETRY_LOG_FD"):
        Config(["a.b"], {**API, "_LAMBDA_TELEMETRY_LOG_FD": value})


def test_what_lambda_does_not_set_is_none_in_the_context_and_empty_elsewhere() -> None:
    config = Config(["a.b"], API)
    assert config.telemetry_fd is None
    assert config.function_name is config.memory_limit_in_mb is config.log_group_name is None
    assert config.task_root == config.initialization_type == config.log_format == ""


def test_no_invocation_at_a_time_is_not_a_number_of_invocations() -> None:
    assert Config(["a.b"], {**API, "AWS_LAMBDA_MAX_CONCURRENCY": "1"}).max_concurrency == 1
    with pytest.raises(ConfigError, match="AWS_LAMBDA_MAX_CONCURRENCY is 0; it takes 1 or more"):
        Config(["a.b"], {**API, "AWS_LAMBDA_MAX_CONCURRENCY": "0"})
