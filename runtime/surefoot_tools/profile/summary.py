"""A profile for the terminal."""

from __future__ import annotations

from ..console import Paint, cut, format_size, painter, printable, wrap
from .model import Advice, Profile

_BAR_COLUMNS = 40


def render(profile: Profile, *, top: int, width: int, colours: bool) -> str:
    """Return the whole report.

    :param top: how many imports to show
    :param width: in columns; longer lines are cut or wrapped
    """
    paint = painter(colours=colours)
    parts = [
        _head(profile, paint),
        _stages(profile, paint),
        _imports(profile, top, width, paint),
        _reads(profile),
        _advice(profile.advice, width, paint),
        "\n".join(
            "\n      ".join(wrap(printable(f"note: {note}"), width - 6)) for note in profile.notes
        ),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(profile: Profile, paint: Paint) -> str:
    spread = f"{min(profile.totals_ms):.1f} to {max(profile.totals_ms):.1f}"
    runs = f"median of {profile.runs} runs, {spread}" if profile.runs > 1 else "one run"
    total = paint(f"{profile.total_ms:.1f} ms", "bold")
    return (
        f"Cold start of {paint(printable(profile.handler), 'bold')}: {total} until the answer "
        f"({runs}; Python {profile.python}, surefoot {profile.surefoot})"
    )


def _stages(profile: Profile, paint: Paint) -> str:
    lines = []
    for stage in profile.stages:
        took = stage.end_ms - stage.begin_ms
        begin, end = (
            round(at / (profile.total_ms or 1) * _BAR_COLUMNS)
            for at in (stage.begin_ms, stage.end_ms)
        )
        bar = " " * begin + "█" * max(end - begin, 1)
        lines.append(f"  {stage.title:<18}{took:>9.1f} ms  {paint(bar, 'cyan')}")
    if profile.stages and profile.stages[-1].name == "call":
        first = profile.first_byte_ms - profile.stages[-1].begin_ms
        lines.append(paint(f"  {'  to first byte':<18}{first:>9.1f} ms", "dim"))
    return "\n".join(lines)


def _imports(profile: Profile, top: int, width: int, paint: Paint) -> str:
    rows = [row for row in profile.imports if row.stage in {"handler", "call"}]
    others = len(profile.imports) - len(rows)
    head = f"{'self ms':>9} {'cumulative':>11}  import ← imported by"
    lines = [paint(head, "bold")]
    for row in sorted(rows, key=lambda row: -row.cumulative_ms)[:top]:
        mark = {"missing": " (no bytecode)", "stale": " (stale bytecode)"}.get(row.bytecode, "")
        mark += " (first call)" if row.stage == "call" else ""
        text = f"{row.self_ms:>9.2f} {row.cumulative_ms:>11.2f}  {printable(row.name)}{mark}"
        chain = "".join(f" ← {printable(place)}" for place in row.chain)
        lines.append(text + paint(cut(chain, width - len(text)), "dim"))
    more = f" (--top {len(rows)} shows all)" if len(rows) > top else ""
    total = sum(row.self_ms for row in rows)
    lines.append(
        paint(
            f"  {len(rows)} imports by the function, {total:.1f} ms{more}; {others} by the "
            "interpreter and the runtime",
            "dim",
        )
    )
    return "\n".join(lines)


def _reads(profile: Profile) -> str:
    lines = []
    for read in profile.reads:
        kernel = (
            f"{format_size(read.bytes)} in {read.calls:,} reads, "
            if read.bytes is not None and read.calls is not None
            else ""
        )
        title = {"init": "Read until ready", "call": "Read by first call"}[read.stage]
        lines.append(f"{title:<20}{kernel}{read.files:,} files")
    mapped = [file for file in profile.files if file.how == "mapped"]
    if mapped:
        total = sum(file.bytes for file in mapped)
        lines.append(f"{'Mapped':<20}{format_size(total)} of {len(mapped)} programs and libraries")
    return "\n".join(f"  {line}" for line in lines)


def _advice(advice: list[Advice], width: int, paint: Paint) -> str:
    if not advice:
        return "No advice: nothing stands out that would shorten this start."
    lines = [paint("Advice, largest saving first", "bold")]
    for each in advice:
        saving = f"up to {each.saving_ms:.1f} ms"
        severity = paint(each.severity, each.severity)
        lines.append(f"  {each.code} {severity}, {paint(saving, 'bold')}")
        lines += [f"    {line}" for line in wrap(printable(each.message), width - 4)]
        lines += [f"    {line}" for line in wrap(printable(f"remedy: {each.remedy}"), width - 4)]
    return "\n".join(lines)
