from __future__ import annotations

import importlib.util
from pathlib import Path

from surefoot_tools.profile.build import describe_statement, outer_chain
from surefoot_tools.profile.probe_events import Edge, Module, parse_events


def encoded(*events: tuple[object, ...]) -> bytes:
    return "".join(f"{event!a}\n" for event in events).encode()


def test_a_line_that_was_cut_off_is_left_out() -> None:
    details = parse_events(
        encoded(("spec", "a", "/a.so", "ExtensionFileLoader", "init")) + b'("spec", "b'
    )
    assert list(details.modules) == ["a"]
    assert details.modules["a"].bytecode == "none"


def test_the_probe_itself_is_left_out() -> None:
    details = parse_events(
        encoded(
            ("spec", "surefoot_tools.profile.probe", "/x.py", "SourceFileLoader", "start"),
            ("edge", "surefoot_tools.profile.probe", "time", "/x.py", 1),
            ("edge", "app", "json", "/app.py", 1),
        )
    )
    assert list(details.modules) == []
    assert [edge.module for edge in details.edges] == ["json"]


def test_bytecode_is_missing_or_stale_where_a_module_was_compiled(tmp_path: Path) -> None:
    events: list[tuple[object, ...]] = []
    for name in ("used", "missing", "stale"):
        path = tmp_path / f"{name}.py"
        path.write_text("")
        events.append(("spec", name, str(path), "SourceFileLoader", "init"))
        if name != "used":
            events.append(("compiled", name, str(path), 1500))
    cached = Path(importlib.util.cache_from_source(str(tmp_path / "stale.py")))
    cached.parent.mkdir()
    cached.write_bytes(b"")
    found = parse_events(encoded(*events)).modules
    assert {name: module.bytecode for name, module in found.items()} == {
        "used": "used",
        "missing": "missing",
        "stale": "stale",
    }
    assert found["missing"].compile_ns == 1_500_000


def test_a_chain_leads_from_a_module_to_the_outermost_statement() -> None:
    details = parse_events(
        encoded(
            ("edge", "surefoot._runtime.handlers.resolve", "app", "/r.py", 9),
            ("edge", "app", "lib", "/task/app.py", 3),
            ("edge", "lib", "lib.deep", "/opt/lib/__init__.py", 7),
            ("edge", "app", "lib.deep", "/task/app.py", 4),
            ("edge", "lib.deep", "lib", "/opt/lib/deep.py", 1),
        )
    )
    chain = outer_chain(details.chain("lib.deep"))
    assert [describe_statement(edge, "/task") for edge in chain] == [
        "lib (__init__.py:7)",
        "app (app.py:3)",
    ]


def test_a_chain_ends_where_the_runtime_itself_asked() -> None:
    asked = Edge("surefoot._runtime.handlers.coroutine", "asyncio", "/r/coroutine.py", 7)
    further = Edge(
        "surefoot._runtime.loop", "surefoot._runtime.handlers.coroutine", "/r/loop.py", 1
    )
    assert outer_chain([asked, further]) == [asked]
    assert (
        outer_chain([Edge("surefoot._runtime.handlers.resolve", "app", "/r.py", 9), further]) == []
    )


def test_a_module_without_a_file_has_no_bytecode() -> None:
    found = parse_events(encoded(("spec", "sys", None, "BuiltinImporter", "start"))).modules["sys"]
    assert found == Module("sys", None, "BuiltinImporter", "start", "none", 0)
