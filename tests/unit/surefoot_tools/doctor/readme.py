"""The sections of surefoot_tools/README.md that come from the doctor's table of rules.

``PYTHONPATH=runtime python -m tests.unit.surefoot_tools.doctor.readme`` writes them; text that
follows a remedy stays.
"""

from __future__ import annotations

import re

from surefoot_tools.doctor.rules import RULES, Rule
from tests.support.process import RUNTIME

README = RUNTIME / "surefoot_tools" / "README.md"
_SECTION = re.compile(r"^### (SF[0-9]{3})\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_REMEDY = re.compile(r"^Remedy: .*\n", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """The text below the heading of each code."""
    return dict(_SECTION.findall(text))


def section(rule: Rule) -> str:
    """What the table says of a code, as it is in the document."""
    return f"\n**{rule.severity}: {rule.title}**\n\n{rule.explanation}\n\nRemedy: {rule.remedy}\n"


def main() -> None:
    text = README.read_text(encoding="utf-8")
    before, heading, _ = text.partition("## Codes of the doctor\n")
    known = sections(text)
    parts = [before, heading, "\n"]
    for code, rule in RULES.items():
        more = _REMEDY.split(known.get(code, ""), maxsplit=1)[1:]
        parts.append(f"### {code}\n{section(rule)}{more[0] if more else chr(10)}")
    README.write_text("".join(parts).rstrip("\n") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
