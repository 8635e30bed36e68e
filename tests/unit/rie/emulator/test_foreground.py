"""What runs behind a served function: its end is shown, whatever it is."""

from __future__ import annotations

import asyncio

import pytest

from rie.emulator.foreground import start_background


async def _fail() -> None:
    raise ModuleNotFoundError("No module named 'cfnlint'")


async def _wait() -> None:
    await asyncio.Event().wait()


def test_an_error_in_the_background_is_shown_when_it_happens(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def serve() -> None:
        task = start_background(_fail(), "the schedules of the templates")
        await asyncio.wait([task])
        await asyncio.sleep(0)  # callbacks of a task run in the next round of the event loop

    asyncio.run(serve())
    said = capsys.readouterr().err
    assert (
        "error: the schedules of the templates ended: ModuleNotFoundError: No module named "
        "'cfnlint'" in said
    )
    assert "remedy: start it again; if it ends again, report this with the lines below" in said
    assert "test_foreground.py" in said  # the place


def test_what_is_cancelled_at_the_end_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    async def serve() -> None:
        task = start_background(_wait(), "the schedules of the templates")
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)

    asyncio.run(serve())
    assert capsys.readouterr().err == ""
