"""Profiles and evidence for the tests of `surefoot profile`, without a process behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from surefoot_tools.profile import model, usage
from surefoot_tools.profile.code_origin import CodeOrigin
from surefoot_tools.profile.evidence import RuleInput
from surefoot_tools.profile.probe_events import Details, Edge, Module

PROFILE = model.Profile(
    handler="app.handler",
    python="3.13.1",
    surefoot="0.1.0",
    launch="bootstrap",
    runs=1,
    total_ms=100.0,
    first_byte_ms=99.0,
    totals_ms=[100.0],
    stages=[
        model.Stage("interpreter", "Interpreter start", 0.0, 10.0),
        model.Stage("runtime", "Runtime", 10.0, 15.0),
        model.Stage("handler", "Handler init", 15.0, 90.0),
        model.Stage("call", "First call", 90.0, 100.0),
    ],
    imports=[],
    reads=[model.Reads("init", 2048, 7, 3), model.Reads("call", None, None, 0)],
    files=[model.File("/task/app.py", 10, "read", "init")],
    advice=[],
    notes=[],
)


def row(name: str, self_ms: float, stage: str = "handler", **fields: object) -> model.Import:
    """An import of that name and time."""
    plain = model.Import(
        name, None, 0, stage, "function", 20.0, self_ms, self_ms, None, "used", 0.0, []
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


def evidence(
    rows: Iterable[model.Import],
    edges: Iterable[tuple[str, str]],
    source: str = "",
    *,
    modules: Iterable[Module] = (),
    ran: Iterable[int] = (),
    calls: Iterable[tuple[str, str, str]] = (),
) -> RuleInput:
    """What the rules would see of a function with one own module, app, of that source."""
    own = Module("app", "/task/app.py", phase="init", bytecode="used")
    known = {module.name: module for module in (own, *modules)}
    details = Details(modules=known)
    details.edges = [Edge("surefoot._runtime.handlers.resolve", "app", "", 0)]
    details.edges += [Edge(importer, module, "/task/app.py", 1) for importer, module in edges]
    return RuleInput(
        replace(PROFILE, imports=[row("app", 1.0), *rows]),
        details,
        CodeOrigin("/task", known),
        {"app": usage.read("app", source, is_package=False, ran=set(ran))},
        {"app"},
        frozenset(calls),
    )
