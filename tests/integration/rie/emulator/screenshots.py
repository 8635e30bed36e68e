"""Take the pictures of rie/README.md: python -m tests.integration.rie.emulator.screenshots."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from rie.emulator.async_queue import AsyncSettings
from rie.emulator.background import BackgroundEmulator
from rie.emulator.settings import FunctionSettings
from rie.function import Function, find
from rie.paths import ROOT
from tests.integration.rie.emulator.pools import TASKS
from tests.support.browser import browser

FOLDER = ROOT / "rie" / "emulator" / "console" / "screenshots"
SIZES = {"desktop": (1280, 1240, "light"), "phone": (390, 844, "dark")}


def take() -> None:
    """Start functions, invoke them in several ways, and take each picture."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="task-") as task:
        # The pictures show where the code is, and that must not be a checkout.
        shutil.copytree(TASKS, task, dirs_exist_ok=True)
        _take(Path(task))


def _take(task: Path) -> None:
    functions = [
        FunctionSettings(find("echo")),
        FunctionSettings(Function("orders", task, "app.misbehave"), timeout_s=2),
        FunctionSettings(Function("report", task, "app.prints")),
    ]
    with (
        Path(os.devnull).open("wb") as log,
        BackgroundEmulator(functions, logs=log, async_settings=AsyncSettings()) as emulator,
        browser() as window,
    ):
        event = (ROOT / "functions" / "echo" / "events" / "scheduler.json").read_text()
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda _: _invoke(emulator.url, "echo", event), range(8)))
        _invoke(emulator.url, "report", "{}")
        _invoke(emulator.url, "orders", '"hang"')
        _invoke(emulator.url, "orders", '"raise"', "Event")
        failed = _invoke(emulator.url, "orders", '"raise"')
        for name, (width, height, scheme) in SIZES.items():
            window.open(f"{emulator.url}/", width, height, scheme)
            button = f"document.querySelector('[data-id=\"{failed}\"]')"
            window.wait_for(button)
            window.run(f"{button}.click()")
            window.wait_for("document.querySelector('#lanes rect')")
            window.screenshot(FOLDER / f"{name}.png")


def _invoke(url: str, name: str, event: str, kind: str = "RequestResponse") -> str:
    path = f"{url}/2015-03-31/functions/{name}/invocations"
    headers = {"X-Amz-Invocation-Type": kind}
    response = requests.post(path, data=event.encode(), headers=headers, timeout=60)
    return str(response.headers["X-Amzn-RequestId"])


if __name__ == "__main__":
    take()
