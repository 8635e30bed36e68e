"""``logging`` is set up when the function first imports it, and not before."""

from __future__ import annotations

import subprocess
import sys

from tests.support.process import RUNTIME

START = """
import sys
sys.path.insert(0, sys.argv[1])
from surefoot.config import Config
from surefoot.logs import Log, hook
log = Log(Config(["a.b"], {"AWS_LAMBDA_RUNTIME_API": "h:1"}))
log.request_id = "id-1"
"""


def run(source: str) -> str:
    """What a bare interpreter prints; in this one somebody has imported ``logging`` long ago."""
    command = [sys.executable, "-S", "-c", START + source, str(RUNTIME)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_nothing_is_loaded_until_the_function_asks_for_it() -> None:
    assert run("hook.install(log); import json; print('logging' in sys.modules)") == "False\n"


def test_the_first_import_finds_it_configured() -> None:
    out = run("hook.install(log); from logging import error; error('hello')")
    assert out.startswith("[ERROR]\t")
    assert out.endswith("\tid-1\thello\n")


def test_an_import_of_a_submodule_counts_and_the_hook_is_gone_afterwards() -> None:
    out = run(
        "hook.install(log); import logging.handlers; print(len(logging.getLogger().handlers),"
        "any('Hook' in type(each).__name__ for each in sys.meta_path))"
    )
    assert out == "1 False\n"


def test_what_is_imported_already_is_configured_at_once() -> None:
    assert run("import logging; hook.install(log); logging.error('x')").endswith("\tid-1\tx\n")
