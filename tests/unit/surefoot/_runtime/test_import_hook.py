"""Modules are set up when the function first imports them, and not before."""

from __future__ import annotations

import subprocess
import sys

from tests.support.process import RUNTIME

START = """
import sys
sys.path.insert(0, sys.argv[1])
from surefoot._runtime.config import Config
from surefoot._runtime import import_hook
from surefoot._runtime.logs import Log
log = Log(Config(["a.b"], {"AWS_LAMBDA_RUNTIME_API": "h:1"}))
log.request_id = "id-1"
def configure(module):
    from surefoot._runtime.logs.setup import configure
    configure(log)
def install():
    import_hook.install({"logging": configure})
"""


def run(source: str) -> str:
    """What a bare interpreter prints; in this one ``logging`` is imported already."""
    command = [sys.executable, "-S", "-c", START + source, str(RUNTIME)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_nothing_is_loaded_until_the_function_asks_for_it() -> None:
    assert run("install(); import json; print('logging' in sys.modules)") == "False\n"


def test_the_first_import_finds_it_configured() -> None:
    out = run("install(); from logging import error; error('hello')")
    assert out.startswith("[ERROR]\t")
    assert out.endswith("\tid-1\thello\n")


def test_an_import_of_a_submodule_counts_and_the_hook_is_gone_afterwards() -> None:
    out = run(
        "install(); import logging.handlers; print(len(logging.getLogger().handlers),"
        "any('Hook' in type(each).__name__ for each in sys.meta_path))"
    )
    assert out == "1 False\n"


def test_what_is_imported_already_is_configured_at_once() -> None:
    assert run("import logging; install(); logging.error('x')").endswith("\tid-1\tx\n")


def test_looking_for_it_is_not_importing_it() -> None:
    source = "install(); import importlib.util; importlib.util.find_spec('logging')\n"
    out = run(source + "print('logging' in sys.modules); import logging; logging.error('x')")
    assert out.startswith("False\n[ERROR]\t")


def test_each_of_several_modules_is_acted_on_when_it_is_loaded_and_only_then() -> None:
    source = """
seen = []
import_hook.install({"bisect": seen.append, "colorsys": seen.append, "sys": seen.append})
print([each.__name__ for each in seen])
import colorsys
print([each.__name__ for each in seen], hasattr(seen[-1], "rgb_to_hls"))
import bisect, importlib; importlib.reload(colorsys)
print([each.__name__ for each in seen], type(sys.meta_path[0]).__name__ == "ImportHook")
"""
    assert run(source).splitlines() == [
        "['sys']",
        "['sys', 'colorsys'] True",
        "['sys', 'colorsys', 'bisect'] False",
    ]


def test_two_finders_that_ask_each_other_come_to_an_end() -> None:
    source = """
seen = []
import_hook.install({"colorsys": lambda module: seen.append("inner")})
import_hook.install({"colorsys": lambda module: seen.append("outer")})
import colorsys
print(seen)
"""
    assert run(source) == "['inner', 'outer']\n"
