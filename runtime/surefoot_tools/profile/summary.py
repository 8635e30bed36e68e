"""A profile for the terminal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping

from .model import Advice, Profile

_STYLES = {"bold": "1", "dim": "2", "red": "31", "yellow": "33", "cyan": "36"}
_SEVERITY = {"warning": "yellow", "hint": "cyan", "info": "dim"}
_BAR = 40
_WIDEST = 120

Paint = Callable[[str, str], str]


def width(environ: Mapping[str, str]) -> int:
    """Return how wide a line may be; without a terminal, wide enough for any."""
    if "COLUMNS" in environ or os.isatty(1):
        return min(shutil.get_terminal_size().columns, _WIDEST)
    return _WIDEST


def render(profile: Profile, *, top: int, width: int, colours: bool) -> str:
    """Return the whole report.

    :param top: how many imports to show
    :param width: in columns; longer lines are cut or wrapped
    """

    def paint(text: str, style: str) -> str:
        return f"\033[{_STYLES[style]}m{text}\033[0m" if colours else text

    parts = [
        _head(profile, paint),
        _stages(profile, paint),
        _imports(profile, top, width, paint),
        _reads(profile),
        _advice(profile.advice, width, paint),
        "\n".join("\n      ".join(wrapped(f"note: {note}", width - 6)) for note in profile.notes),
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
            round(at / (profile.total_ms or 1) * _BAR) for at in (stage.begin_ms, stage.end_ms)
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
    head = f"{'self ms':>9} {'cumulative':>11}  import ← what pulled it in"
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
            f"{size(read.bytes)} in {read.calls:,} reads, "
            if read.bytes is not None and read.calls is not None
            else ""
        )
        title = {"init": "Read until ready", "call": "Read by first call"}[read.stage]
        lines.append(f"{title:<20}{kernel}{read.files:,} files")
    mapped = [file for file in profile.files if file.how == "mapped"]
    if mapped:
        total = sum(file.bytes for file in mapped)
        lines.append(f"{'Mapped':<20}{size(total)} of {len(mapped)} programs and libraries")
    return "\n".join(f"  {line}" for line in lines)


def _advice(advice: list[Advice], width: int, paint: Paint) -> str:
    if not advice:
        return "Nothing stands out that would shorten this start."
    lines = [paint("What would help most", "bold")]
    for each in advice:
        saving = f"up to {each.saving_ms:.1f} ms"
        severity = paint(each.severity, _SEVERITY[each.severity])
        lines.append(f"  {each.code} {severity}, {paint(saving, 'bold')}")
        lines += [f"    {line}" for line in wrapped(printable(each.message), width - 4)]
        lines += [f"    {line}" for line in wrapped(f"remedy: {each.remedy}", width - 4)]
    return "\n".join(lines)


def printable(text: str) -> str:
    """Return a text that cannot control the terminal."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def size(count: int) -> str:
    """Return a number of bytes as people read it."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"


def cut(text: str, room: int) -> str:
    """Return the text, or as much of it as there is room for."""
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"


def wrapped(text: str, width: int) -> list[str]:
    """Return the text in lines."""
    import textwrap

    return textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False)
