"""How a profile is shown: JSON, table, page."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from surefoot_tools.profile import model, page, summary
from surefoot_tools.profile.model import Advice
from tests.unit.surefoot_tools.profile.profiles import PROFILE, row

HOSTILE = "</script><script>alert(1)</script>&<!--\u2028\x1b[31m@@STYLE@@"
EVIL = replace(
    PROFILE,
    handler=f"{HOSTILE}.handler",
    imports=[row(HOSTILE, 1.0, path=f"/task/{HOSTILE}.py", chain=[f"{HOSTILE} (x.py:1)"])],
    files=[model.File(HOSTILE, 1, "read", "init")],
    advice=[Advice("SP101", "warning", HOSTILE, "mend it", 1.0, [HOSTILE])],
)
# What programs read: a change here is a change of the schema.
KEYS = {
    "": [
        *("schema", "handler", "python", "surefoot", "launch", "runs", "total_ms"),
        *("first_byte_ms", "totals_ms", "stages", "imports", "reads", "files", "advice", "notes"),
        "failure",
    ],
    "stages": ["name", "title", "begin_ms", "end_ms"],
    "imports": [
        *("name", "parent", "depth", "stage", "area", "begin_ms", "self_ms", "cumulative_ms"),
        *("path", "bytecode", "compile_ms", "chain"),
    ],
    "reads": ["stage", "bytes", "calls", "files"],
    "files": ["path", "bytes", "how", "stage"],
    "advice": ["code", "severity", "message", "remedy", "saving_ms", "modules"],
}


def test_the_json_has_a_version_and_these_keys() -> None:
    found = json.loads(model.to_json(EVIL))
    assert found["schema"] == 1
    assert list(found) == KEYS[""]
    for name, keys in KEYS.items():
        if name:
            assert list(found[name][0]) == keys


def data_of(text: str) -> object:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert match is not None
    return json.loads(match[1])


def test_the_page_holds_the_same_data_as_the_json() -> None:
    assert data_of(page.render(EVIL)) == json.loads(model.to_json(EVIL))


def test_nothing_of_a_name_becomes_markup() -> None:
    plain, evil = page.render(PROFILE), page.render(EVIL)
    for mark in ("<script", "</script", "<!--", "\u2028"):
        assert evil.count(mark) == plain.count(mark)
    assert "@@" not in plain


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = page.render(PROFILE)
    assert "default-src 'none'" in text
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:,)""", text) == []
    assert not re.search(r"https?:|@import|url\(", text)


def test_the_scripts_never_write_markup() -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval", page.render(PROFILE)
    )


def shown(profile: model.Profile, **options: object) -> str:
    settings = {"top": 15, "width": 100, "colours": False, **options}
    return summary.render(profile, **settings)  # type: ignore[arg-type]


def test_the_table_shows_stages_imports_reads_and_advice() -> None:
    profile = replace(
        PROFILE,
        imports=[
            row("app", 2.0, cumulative_ms=9.0, bytecode="missing"),
            row("lib", 7.0, chain=["app (app.py:1)"]),
            row("re", 1.0, stage="runtime"),
        ],
        advice=[Advice("SP101", "warning", "No bytecode.", "mend it", 3.25, ["app"])],
        notes=["Take note."],
    )
    text = shown(profile)
    assert text.startswith("Cold start of app.handler: 100.0 ms until the answer (one run;")
    assert re.search(r"Handler init +75\.0 ms +█", text)
    assert re.search(r"to first byte +9\.0 ms", text)
    assert re.search(
        r"2\.00 +9\.00  app \(no bytecode\)\n +7\.00 +7\.00  lib ← app \(app\.py:1\)", text
    )
    assert "2 imports by the function, 9.0 ms; 1 by the interpreter and the runtime" in text
    assert "2 KiB in 7 reads, 3 files" in text
    assert "SP101 warning, up to 3.2 ms\n    No bytecode.\n    remedy: mend it" in text
    assert text.endswith("note: Take note.")


def test_only_the_top_imports_are_shown_and_the_rest_is_counted() -> None:
    text = shown(replace(PROFILE, imports=[row(f"m{n}", float(n)) for n in range(5)]), top=2)
    assert "m4" in text
    assert "m2" not in text
    assert "--top 5 shows all" in text


def test_the_table_is_plain_without_colours_and_no_name_can_change_that() -> None:
    assert "\x1b" not in shown(EVIL)
    assert "\\x1b[31m" in shown(EVIL)


def test_colours_change_no_text() -> None:
    coloured = shown(PROFILE, colours=True)
    assert "\x1b[1m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == shown(PROFILE)


@pytest.mark.parametrize("width", [60, 100])
def test_lines_with_names_are_cut_to_the_width(width: int) -> None:
    long = row("lib", 1.0, chain=[f"package{n} (file.py:{n})" for n in range(50)])
    lines = shown(replace(PROFILE, imports=[long]), width=width).splitlines()
    (line,) = (each for each in lines if "package0" in each)
    assert len(line) == width
    assert line.endswith("…")


def test_a_start_that_needs_no_advice_says_so() -> None:
    assert "nothing stands out" in shown(PROFILE)
