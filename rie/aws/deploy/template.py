"""A function's CloudFormation template: read, and checked with cfn-lint before anything is sent.

Sources: "CloudFormation template sections" and "Quotas", AWS CloudFormation User Guide.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rie.errors import UserError

IMAGE_PARAMETER = "ImageUri"
ARCHITECTURE_PARAMETER = "Architecture"
MAX_BODY_BYTES = 51_200  # of a template that is sent with the call and not put in S3 before


@dataclass(frozen=True)
class Template:
    """`body` is the text that is sent; parameters and resources are the sections of that name."""

    path: Path
    body: str
    parameters: Mapping[str, Mapping[str, Any]]
    resources: Mapping[str, Mapping[str, Any]]

    def capabilities(self) -> list[str]:
        """The capabilities to acknowledge for IAM resources (CreateChangeSet, Capabilities)."""
        iam = [
            resource
            for resource in self.resources.values()
            if str(resource.get("Type", "")).startswith("AWS::IAM::")
        ]
        names = {"RoleName", "UserName", "GroupName", "ManagedPolicyName", "InstanceProfileName"}
        if any(names & dict(resource.get("Properties", {})).keys() for resource in iam):
            return ["CAPABILITY_NAMED_IAM"]
        return ["CAPABILITY_IAM"] if iam else []


@dataclass(frozen=True)
class Finding:
    """What cfn-lint says about one place of a template."""

    code: str
    severity: str  # error, warning or informational
    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.severity} {self.code}: {self.message}"


def read(path: Path) -> Template:
    """The template at `path`. Raises UserError when it is missing, too long or not a template."""
    from cfnlint.decode import decode

    try:
        body = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UserError(
            f"there is no {path}", "write one; functions/echo/template.yaml is an example"
        ) from error
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {error}", "make it a readable UTF-8 file") from error
    if len(body.encode()) > MAX_BODY_BYTES:
        raise UserError(
            f"{path} has {len(body.encode()):,} bytes; CloudFormation takes {MAX_BODY_BYTES:,}",
            "shorten it: comments count, too",
        )
    content, faults = decode(str(path))
    if faults or not content or not isinstance(content, dict):
        reasons = (
            "\n  ".join(str(_finding(fault)) for fault in faults) or "it is empty or not a mapping"
        )
        raise UserError(f"{path} is not a template:\n  {reasons}", "correct it; nothing was sent")
    resources = section(content, "Resources")
    return Template(path, body, section(content, "Parameters"), resources)


def lint(path: Path, region: str) -> list[Finding]:
    """What cfn-lint finds in the template at `path` for `region`, in the order of its lines."""
    from cfnlint.api import lint_file
    from cfnlint.config import ManualArgs

    logging.getLogger("cfnlint").setLevel(logging.ERROR)
    matches = lint_file(path, config=ManualArgs(regions=[region]))
    return sorted((_finding(match) for match in matches), key=lambda finding: finding.line)


def parsed(body: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """The content of a deployed template; an empty mapping if `body` is not a template.

    `body` is what GetTemplate answers: text, or the object that botocore made of JSON.
    """
    from cfnlint.decode import decode_str

    text = body if isinstance(body, str) else json.dumps(body)
    content, _ = decode_str(text)
    return content if isinstance(content, dict) else {}


def section(content: Mapping[str, Any], name: str) -> dict[str, Mapping[str, Any]]:
    """The entries of a section that are objects; without it, none."""
    found = content.get(name)
    entries = found.items() if isinstance(found, dict) else ()
    return {str(key): value for key, value in entries if isinstance(value, dict)}


def _finding(match: Any) -> Finding:
    return Finding(
        match.rule.id, match.rule.severity, Path(match.filename), match.linenumber, match.message
    )
