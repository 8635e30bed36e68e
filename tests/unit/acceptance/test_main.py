from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.__main__ import handle_signals, main

ENDS = (signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def _signals_are_restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals_are_restored")
@pytest.mark.parametrize("number", ENDS)
def test_what_would_end_the_process_interrupts_it(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_DFL)
    handle_signals()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


@pytest.mark.usefixtures("_signals_are_restored")
def test_what_nohup_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    handle_signals()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


@pytest.mark.parametrize("words", [[], ["azure"], ["aws", "--arch", "mips"]])
def test_wrong_usage_is_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "Usage: python -m tests.acceptance [OPTIONS] TARGET" in capsys.readouterr().err


def test_a_record_that_was_not_written_leaves_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["aws", "--json", str(tmp_path / "record.json")]) == 1
    assert "confirmation needed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
