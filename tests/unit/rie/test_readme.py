"""rie/README.md against the code: commands, exit codes, links."""

from __future__ import annotations

import re

from rie.__main__ import COMMANDS
from rie.local.invoke import EXIT_CODES
from rie.paths import ROOT

README = (ROOT / "rie" / "README.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n?)*)", README, re.MULTILINE))


def test_every_command_is_in_the_table_of_commands() -> None:
    table = README.partition("## ")[0]
    assert [name for name in COMMANDS if f"`{name}`" not in table.replace("`, `", "` `")] == []


def test_the_exit_codes_of_invoke_are_those_of_its_help() -> None:
    codes = re.findall(r"^\| (\d) \|", SECTIONS["Invoke"], re.MULTILINE)
    assert [int(code) for code in codes] == list(EXIT_CODES)


def test_its_commands_exist() -> None:
    used = set(re.findall(r"python -m rie ([a-z-]+)", README))
    assert used <= set(COMMANDS)


def test_its_links_lead_somewhere() -> None:
    headings = re.findall(r"^#{2,3} (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", README)) <= anchors
    files = re.findall(r"\]\((?!#|http)([^)]+)\)", README)
    assert [name for name in files if not (ROOT / "rie" / name).exists()] == []
