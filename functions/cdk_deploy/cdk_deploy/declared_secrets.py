"""Secrets that CDK_SECRETS declares, so that they are masked wherever an app prints them.

Each is ``env:NAME``, ``context:KEY``, ``secretsmanager:ID`` or ``ssm:NAME``. Of a secret that is a
JSON object, each value is masked, too, but for short ones such as a port.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from cdk_deploy.errors import ConfigError

KINDS = ("env", "context", "secretsmanager", "ssm")


def check(declared: Sequence[str]) -> None:
    """Raise ConfigError for an entry that names no place."""
    for entry in declared:
        kind, _, name = entry.partition(":")
        if kind not in KINDS or not name:
            raise ConfigError(
                f"CDK_SECRETS has {entry!r}", f"write {':NAME, '.join(KINDS)}:NAME, with commas"
            )


def values(
    declared: Sequence[str],
    environ: Mapping[str, str],
    context: Mapping[str, str],
    client: Callable[[str], Any],
) -> list[str]:
    """Return the values of declared secrets; those that are not set here are left out.

    :param client: returns boto3's client of a service
    :raises Exception: botocore's errors
    """
    found: list[str] = []
    for entry in declared:
        kind, _, name = entry.partition(":")
        if kind == "env":
            text = environ.get(name, "")
        elif kind == "context":
            text = context.get(name, "")
        elif kind == "ssm":
            answer = client("ssm").get_parameter(Name=name, WithDecryption=True)
            text = answer["Parameter"]["Value"]
        else:
            answer = client("secretsmanager").get_secret_value(SecretId=name)
            text = answer.get("SecretString", "")
        found.append(text)
    return found


def parts(text: str) -> Iterator[str]:
    """Yield the lines of a secret, and the values within it if it is JSON."""
    yield from (line for line in text.splitlines() if line != text)
    try:
        value = json.loads(text)
    except ValueError:
        return
    yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for member in value:
            yield from _strings(member)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        yield str(value)
