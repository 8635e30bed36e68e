"""What is to be deployed and where: everything checked, and nothing changed yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rie.aws.account import Account, account_of, open_session
from rie.aws.deploy import image, parameters, stack, template
from rie.aws.deploy.image import Image
from rie.aws.deploy.stack import Stack
from rie.aws.deploy.template import Template
from rie.console import print_progress
from rie.errors import UserError
from rie.function import find
from rie.images.architecture import LAMBDA_NAMES, normalize


@dataclass(frozen=True)
class Plan:
    """`deployed` is the stack as it is, None before the first time; `image` the URI by digest."""

    account: Account
    client: Any  # boto3's, of CloudFormation
    function: str
    name: str  # the stack's
    deployed: Stack | None
    template: Template
    values: parameters.Values
    image: str


def make(
    function: str,
    *,
    stack_name: str | None,
    image_uri: str | None,
    architecture: str | None,
    parameter_words: Sequence[str],
    region: str | None,
) -> Plan:
    """Check everything that can be checked before a change set is made.

    `parameter_words` are KEY=VALUE; `architecture` is amd64 or arm64.

    What needs no network comes first. Raises UserError.
    """
    given = parameters.parse(parameter_words)
    reference = image.parse(image_uri) if image_uri else None
    found = find(function, handler="-")  # its image knows the handler
    name = stack.name_for(found.name, stack_name)
    plan = template.read(_short(found.directory / "template.yaml"))
    parameters.require(plan, template.IMAGE_PARAMETER, "--image")
    if architecture:
        parameters.require(plan, template.ARCHITECTURE_PARAMETER, "--arch")
        given[template.ARCHITECTURE_PARAMETER] = LAMBDA_NAMES[architecture]
    parameters.choose(plan, given, previous=plan.parameters)
    session = open_session(region)
    _lint(plan.path, session.region_name)
    account = account_of(session)
    client = account.client("cloudformation")
    deployed = stack.describe_stack(client, name)
    if deployed is not None:
        stack.require_settled(deployed)
    guessed = reference is None
    wanted = reference or image.reference_of_checkout(
        account, found, _architecture(plan, given, deployed)
    )
    fetched = image.find_image(account, wanted, guessed=guessed)
    print_progress(f"Image {fetched.uri}" + (f" (tag {wanted.tag})" if wanted.tag else ""))
    given[template.IMAGE_PARAMETER] = fetched.uri
    if fetched.architecture:
        _agree(plan, given, fetched)
    values = parameters.choose(plan, given, deployed.parameters if deployed else ())
    _report_kept_parameters(plan, values.kept, deployed)
    return Plan(account, client, found.name, name, deployed, plan, values, fetched.uri)


def _architecture(plan: Template, given: Mapping[str, str], deployed: Stack | None) -> str:
    """Docker's name of the function's architecture: as given, as deployed, or the default."""
    key = template.ARCHITECTURE_PARAMETER
    default = plan.parameters.get(key, {}).get("Default", "x86_64")
    before = deployed.parameters.get(key, default) if deployed else default
    return normalize(given.get(key, before))


def _agree(plan: Template, given: dict[str, str], fetched: Image) -> None:
    """The function runs on what its image was built for; --arch may not say otherwise."""
    key = template.ARCHITECTURE_PARAMETER
    wanted = LAMBDA_NAMES[fetched.architecture]
    if given.get(key, wanted) != wanted:
        raise UserError(
            f"the image was built for {fetched.architecture}, as its tag says; "
            f"--arch {normalize(given[key])} would let it fail at its first start",
            "omit --arch, or push and deploy an image for that architecture",
        )
    if key in plan.parameters:
        given[key] = wanted


def _lint(path: Path, region: str) -> None:
    """Show what cfn-lint finds; errors end the matter."""
    print_progress(f"Checking {path} with cfn-lint …")
    findings = template.lint(path, region)
    for finding in findings:
        print_progress(f"  {finding}")
    errors = sum(finding.severity == "error" for finding in findings)
    if errors:
        raise UserError(
            f"cfn-lint found {errors} error(s) in {path}, shown above",
            "correct the template; nothing was sent",
        )


def _report_kept_parameters(plan: Template, kept: Sequence[str], deployed: Stack | None) -> None:
    """Name the parameters that stay other than the template's defaults would have them."""
    for key in kept:
        default = str(plan.parameters[key].get("Default", ""))
        value = deployed.parameters.get(key, default) if deployed else default
        if value != default and not parameters.is_secret(plan.parameters[key]):
            print_progress(
                f"  {key} stays {value!r} as deployed (the template's default: {default!r})"
            )


def _short(path: Path) -> Path:
    """Relative to the current directory if inside it: editors make such paths clickable."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
