"""A real browser, driven through Debian's chromedriver over the WebDriver protocol (W3C)."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

_OPTIONS = [
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
GET_IT = "apt-get install --yes chromium chromium-driver"
_KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Control": "\ue009"} | {
    name: chr(0xE012 + index)
    for index, name in enumerate(["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"])
}


class Browser:
    """One window."""

    def __init__(self, session: str) -> None:
        self._session = session

    def open(self, page: Path | str, width: int, height: int, scheme: str) -> None:
        """Show a file or URL, in a window of that size, in a colour scheme (light or dark)."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", {"features": features})
        self._post("url", {"url": page if isinstance(page, str) else page.as_uri()})

    def run(self, script: str) -> Any:
        """Run a script in the page, which returns a value with `return`."""
        return self._post("execute/sync", {"script": script, "args": []})

    def wait_for(self, condition: str) -> Any:
        """Return the value of an expression once it is true; the driver bounds it by 30 s."""
        return self.run(
            "return new Promise((done) => { const look = () => { const value = "
            f"{condition}; value ? done(value) : setTimeout(look, 10); }}; look(); }});"
        )

    def press(self, *names: str) -> None:
        """Press and release keys, one after the other; by name, or a letter."""
        keys = [_KEYS.get(name, name) for name in names]
        actions = [{"type": way, "value": key} for key in keys for way in ("keyDown", "keyUp")]
        self._post("actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def press_together(self, *names: str) -> None:
        """Hold keys down, one after the other, then release all of them."""
        keys = [_KEYS.get(name, name) for name in names]
        actions = [{"type": "keyDown", "value": key} for key in keys]
        actions += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self._post("actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def errors(self) -> list[str]:
        """What the page wrote to the console since the last call."""
        return [entry["message"] for entry in self._post("se/log", {"type": "browser"})]

    def screenshot(self, path: Path) -> None:
        """Write a picture of the window."""
        found = requests.get(f"{self._session}/screenshot", timeout=60).json()["value"]
        path.write_bytes(base64.b64decode(found))

    def devtools(self, method: str, parameters: dict[str, Any]) -> Any:
        """Call the DevTools protocol."""
        return self._post("goog/cdp/execute", {"cmd": method, "params": parameters})

    def _post(self, command: str, body: dict[str, Any]) -> Any:
        answer = requests.post(f"{self._session}/{command}", json=body, timeout=60).json()
        if answer["value"] and isinstance(answer["value"], dict) and "error" in answer["value"]:
            raise AssertionError(f"{command}: {answer['value']['message']}")
        return answer["value"]


def unavailable(reason: str) -> None:
    """Skip, or fail where REQUIRE_BROWSER says that these tests must run (as CI does)."""
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A fresh browser with a profile directory of its own; skips where there is none."""
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or chromium is None:
        unavailable(f"no browser here; get it with `{GET_IT}`")
        raise AssertionError("not reached")
    with (
        tempfile.TemporaryDirectory() as profile,
        subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            yield from _session(f"http://127.0.0.1:{_port(process)}/session", chromium, profile)
        finally:
            process.terminate()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    for line in process.stdout:
        if "successfully on port" in line:
            return int(line.rstrip(".\n").rpartition(" ")[2])
    raise AssertionError("chromedriver ended before it listened")


def _session(url: str, chromium: str, profile: str) -> Iterator[Browser]:
    # The sandbox of chromium refuses to run as root.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    options = {"binary": chromium, "args": [*_OPTIONS, *sandbox, f"--user-data-dir={profile}"]}
    wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
    asked = {"capabilities": {"alwaysMatch": wanted}}
    value = requests.post(url, json=asked, timeout=120).json()["value"]
    assert "sessionId" in value, value
    session = f"{url}/{value['sessionId']}"
    try:
        yield Browser(session)
    finally:
        requests.delete(session, timeout=60)
