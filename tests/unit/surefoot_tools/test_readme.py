"""The document of the tools against the code."""

from __future__ import annotations

import re

import pytest

from surefoot_tools import cli
from surefoot_tools.doctor.rules import RULES
from tests.unit.surefoot_tools.doctor.readme import README, section, sections

TEXT = README.read_text(encoding="utf-8")


def test_every_code_has_a_heading_in_the_order_of_the_table() -> None:
    assert list(sections(TEXT)) == list(RULES)


@pytest.mark.parametrize("code", RULES)
def test_a_codes_section_is_that_of_the_table(code: str) -> None:
    assert sections(TEXT)[code].startswith(section(RULES[code]))


def test_the_help_is_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = TEXT.split("$ surefoot --help\n")[1].split("\n\nsurefoot's base image")[0]
    assert re.sub("^    ", "", shown, flags=re.MULTILINE) == capsys.readouterr().out.rstrip()


def test_its_links_lead_somewhere() -> None:
    headings = re.findall(r"^#{2,3} (.+)$", TEXT, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= anchors
