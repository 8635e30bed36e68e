"""What the CDK synthesised: the cloud assembly.

Source: the `cloud-assembly-schema` of the AWS CDK (manifest.json).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cdk_deploy.errors import CommandFailed, ConfigError

_STACK = "aws:cloudformation:stack"


def check_name(out: Path, stack: str) -> None:
    """Raise ConfigError if an app gives a stack another name than its construct.

    The CLI is asked by the construct's name and CloudFormation by the stack's.
    """
    name = _properties(out, stack).get("stackName", stack)
    if name != stack:
        raise ConfigError(
            f"the app's construct {stack} makes a stack called {name}", "give both one name"
        )


def template(out: Path, artifact: str) -> Any:
    """Return a stack's template."""
    return json.loads((out / _properties(out, artifact)["templateFile"]).read_bytes())


def _properties(out: Path, artifact: str) -> dict[str, Any]:
    manifest = json.loads((out / "manifest.json").read_bytes())
    stacks = {
        name: described.get("properties", {})
        for name, described in manifest.get("artifacts", {}).items()
        if described.get("type") == _STACK
    }
    if artifact not in stacks:
        raise CommandFailed(
            f"the app has no stack {artifact}", f"it has {', '.join(sorted(stacks)) or 'none'}"
        )
    properties: dict[str, Any] = stacks[artifact]
    return properties
