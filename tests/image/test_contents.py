"""What is in the image: metadata, file modes, bytecode, an interpreter that works."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from typing import TYPE_CHECKING

from rie.git_checkout import read_version
from rie.images.labels import PREFIX
from rie.images.local_bases import BASE_TAG, STAND_IN_LABEL

if TYPE_CHECKING:
    from docker import DockerClient

Run = Callable[..., tuple[int, str]]
PYTHON = "/var/lang/bin/python3"

UNREADABLE = """
import os, stat
for top in ("/var/lang", "/var/runtime", "/var/task", "/lambda-entrypoint.sh"):
    for folder, folders, files in os.walk(top) if os.path.isdir(top) else [("/", [], [top])]:
        for path in [folder, *(os.path.join(folder, name) for name in files)]:
            if not os.path.islink(path):
                mode = os.stat(path).st_mode
                wanted = 0o555 if stat.S_ISDIR(mode) or mode & 0o100 else 0o444
                if mode & wanted != wanted or mode & 0o022:
                    print(oct(mode), path)
"""
UNCOMPILED = """
import importlib.util, pathlib, sysconfig
for top in (sysconfig.get_path("stdlib"), "/var/runtime"):
    for source in pathlib.Path(top).rglob("*.py"):
        compiled = pathlib.Path(importlib.util.cache_from_source(source))
        if not compiled.exists():
            print("missing", compiled)
        elif compiled.read_bytes()[4:8] != b"\\x01\\0\\0\\0":  # PEP 552: hash-based, unchecked
            print("checked at import", compiled)
"""
MODULES = """
import bz2, ctypes, lzma, pip, sqlite3, ssl, sys, sysconfig, zlib
assert ssl.create_default_context().get_ca_certs(), "no certificates"
assert sysconfig.get_config_var("LIBDIR").startswith(("/var/lang/", "/usr/")), "not relocated"
print(sys.prefix)
"""


def test_keeps_the_contract_of_the_base(engine: DockerClient, image: str) -> None:
    config = engine.images.get(image).attrs["Config"]
    variables = dict(entry.split("=", 1) for entry in config["Env"])
    assert config["Entrypoint"] == ["/lambda-entrypoint.sh"]
    assert config["WorkingDir"] == "/var/task"
    assert variables["HOME"] == "/tmp"
    assert variables["LAMBDA_TASK_ROOT"] == "/var/task"
    assert "ENV" not in variables
    assert not [name for name in variables if name.startswith("PYTHON")]


def test_says_that_its_base_is_a_stand_in(engine: DockerClient, image: str) -> None:
    assert engine.images.get(image).labels[STAND_IN_LABEL] == "true"


def test_is_one_image_for_this_machines_architecture(engine: DockerClient, image: str) -> None:
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    found = engine.images.get(image).attrs
    assert found["Os"] == "linux"
    assert found["Architecture"] == names.get(platform.machine(), platform.machine())


def test_everybody_may_read_what_a_checkout_under_umask_077_brought(run: Run) -> None:
    assert run([UNREADABLE], entrypoint=[PYTHON, "-c"]) == (0, "")


def test_all_bytecode_is_there_and_never_checked(run: Run) -> None:
    assert run([UNCOMPILED], entrypoint=[PYTHON, "-c"]) == (0, "")


def test_the_runtime_is_loaded_from_bytecode(run: Run) -> None:
    status, output = run(
        ["-v", "-c", "import surefoot._runtime.bootstrap"],
        entrypoint=PYTHON,
        user="993:990",
        environment={"PYTHONPATH": "/var/runtime"},
    )
    loaded = [line for line in output.splitlines() if line.startswith("# code object from")]
    assert status == 0
    assert loaded
    assert not [line for line in loaded if line.rstrip("'\"").endswith(".py")]


def test_the_interpreter_has_its_modules_and_certificates(run: Run) -> None:
    assert run([MODULES], entrypoint=[PYTHON, "-c"]) == (0, "/var/lang\n")


def test_no_build_tool_is_left_behind(run: Run) -> None:
    status, output = run(["-c", "ls -A / /opt /tmp /root"], entrypoint="/bin/sh")
    assert status == 0
    assert not {"uv", "python", "prepare"} & set(output.split())


def test_its_history_holds_no_secret_and_no_env(engine: DockerClient, image: str) -> None:
    history = json.dumps(engine.images.get(image).history())
    assert "AWS_SECRET" not in history
    assert "ENV ENV" not in history


# The base images of Lambda have find; what it lists here, an attacker or a stale file could use.
RISKS = (
    "find / -xdev \\( -path /proc -o -path /sys -o -path /dev \\) -prune -o "
    "\\( -type f -perm /7000 -o ! -type l -perm -0002 ! -path /tmp ! -path /var/tmp \\) -print; "
    "find /root /tmp /var/tmp /var/cache /home -mindepth 1"
)


def test_it_adds_no_set_uid_file_nothing_that_all_may_write_and_no_cache(run: Run) -> None:
    found = {
        of: set(run(["-c", RISKS], of=of, entrypoint="/bin/sh")[1].splitlines())
        for of in (BASE_TAG, "surefoot:test")
    }
    assert found["surefoot:test"] - found[BASE_TAG] == set()


def test_it_says_where_it_comes_from(engine: DockerClient, image: str) -> None:
    labels = engine.images.get(image).labels
    base = engine.images.get(BASE_TAG)
    told = {name: labels.get(f"{PREFIX}.{name}") for name in ("version", "title", "licenses")}
    assert told == {"version": read_version(), "title": "surefoot", "licenses": "Apache-2.0"}
    assert labels[f"{PREFIX}.base.name"] == BASE_TAG
    assert labels[f"{PREFIX}.base.digest"] == base.id


NAMES = """
from awslambdaric.lambda_context import LambdaContext
import bootstrap, surefoot
from surefoot.testing import fake_context, invoke
assert isinstance(fake_context(), LambdaContext)
assert callable(bootstrap.handle_event_request)
print(invoke(lambda event, context: event, {"a": 1}), surefoot.__file__)
"""


def test_a_plain_interpreter_finds_surefoot_and_awss_names(run: Run) -> None:
    said = "{'a': 1} /var/runtime/surefoot/__init__.py\n"
    assert run([NAMES], entrypoint=[PYTHON, "-c"]) == (0, said)


def test_the_images_path_file_keeps_starts_without_site(run: Run) -> None:
    listing = """
import pathlib, sysconfig
for path in pathlib.Path(sysconfig.get_path("purelib")).glob("*.pth"):
    print(path.name)
"""
    assert run([listing], entrypoint=[PYTHON, "-c"]) == (0, "surefoot.pth\n")
