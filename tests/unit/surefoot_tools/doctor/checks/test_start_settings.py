from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import start_settings
from tests.unit.surefoot_tools.doctor.trees import found, plant, sound_root, whole

REFUSED = {
    "PYTHONHASHSEED": ["abc", "4294967296", "-1", "\N{FULLWIDTH DIGIT ONE}"],
    "PYTHONMALLOC": ["foo", "Malloc"],
    "PYTHONUTF8": ["2", "true"],
    "PYTHONTRACEMALLOC": ["-1", "x", "99999"],
    "PYTHONINTMAXSTRDIGITS": ["1", "639", "x"],
    "PYTHONIOENCODING": ["nonsense", "nonsense:replace"],
    "PYTHON_GIL": ["0", "x"],
    "PYTHON_CPU_COUNT": ["0", "x"],
    "PYTHON_FROZEN_MODULES": ["x"],
    "PYTHON_THREAD_INHERIT_CONTEXT": ["x"],
    "PYTHON_CONTEXT_AWARE_WARNINGS": ["x"],
    "PYTHONPLATLIBDIR": ["lib64"],
    "SUREFOOT_CLIENT": ["foo", "awslambdaric"],
    "SUREFOOT_DEADLINE_MARGIN_MS": ["abc", "-1", "1.5"],
    "SUREFOOT_DEADLINE_RAISE": ["yes"],
    "SUREFOOT_PRELOAD": ["true"],
    "SUREFOOT_LAZY_IMPORTS": ["a b", "-", "1,,x"],
}
TAKEN = {
    "PYTHONHASHSEED": ["random", "0", "4294967295", ""],
    "PYTHONMALLOC": ["malloc", "pymalloc_debug", "mimalloc", "debug", "default"],
    "PYTHONUTF8": ["0", "1"],
    "PYTHONTRACEMALLOC": ["0", "25", "65535"],
    "PYTHONINTMAXSTRDIGITS": ["0", "640"],
    "PYTHONIOENCODING": ["utf-8", "latin-1:replace", ":replace"],
    "PYTHON_GIL": ["1"],
    "PYTHON_CPU_COUNT": ["2", "default"],
    "PYTHON_FROZEN_MODULES": ["on"],
    "PYTHON_LAZY_IMPORTS": ["x"],  # Python 3.15's, and this is 3.14
    "PYTHONPLATLIBDIR": ["lib"],
    "PYTHONWARNINGS": ["error"],
    "PYTHONOPTIMIZE": ["x"],
    "SUREFOOT_CLIENT": ["surefoot"],
    "SUREFOOT_DEADLINE_MARGIN_MS": ["0", "500", ""],
    "SUREFOOT_LAZY_IMPORTS": ["0", "1", "boto3,botocore", "1,-pandas"],
}


def image_with_python(root: Path) -> Path:
    files = {
        "var/runtime/start.py": "",
        "var/lang/lib/python3.14/os.py": "",
    }
    plant(sound_root(root), files)
    return plant(root, {"var/lang/bin/python3": "\x7fELF"}, 0o755)


def pairs(values: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, each in values.items() for value in each]


@pytest.mark.parametrize(("name", "value"), pairs(REFUSED))
def test_catches_a_value_with_which_nothing_starts(tmp_path: Path, name: str, value: str) -> None:
    context = whole(image_with_python(tmp_path), variables={"HOME": "/tmp", name: value})
    [finding] = found(start_settings, context, "SF309")
    assert finding.message.startswith(f"{name} is {value}")
    assert f"remove ENV {name}" in finding.remedy


@pytest.mark.parametrize(("name", "value"), pairs(TAKEN))
def test_does_not_catch_values_that_are_taken_or_left_alone(
    tmp_path: Path, name: str, value: str
) -> None:
    context = whole(image_with_python(tmp_path), variables={"HOME": "/tmp", name: value})
    assert list(start_settings.check(context)) == []


def test_does_not_catch_aws_s_client_where_the_image_has_it(tmp_path: Path) -> None:
    root = image_with_python(tmp_path)
    plant(root, {"var/lang/lib/python3.14/site-packages/runtime_client.cpython-314.so": ""})
    plant(root, {"var/task/runtime_client.py": ""})
    context = whole(root, variables={"HOME": "/tmp", "SUREFOOT_CLIENT": "awslambdaric"})
    assert list(start_settings.check(context)) == []


def test_catches_an_interpreter_that_is_not_there_or_may_not_run(tmp_path: Path) -> None:
    root = image_with_python(tmp_path)
    context = whole(root, variables={"HOME": "/tmp", "SUREFOOT_PYTHON": "/opt/python3"})
    [finding] = found(start_settings, context, "SF119")
    assert finding.remedy == "remove ENV SUREFOOT_PYTHON"
    (root / "var/lang/bin/python3").chmod(0o700)
    [finding] = found(start_settings, whole(root), "SF119")
    assert finding.remedy == "RUN chmod 755 /var/lang/bin/python3"
    (root / "var/lang/bin/python3").unlink()
    [finding] = found(start_settings, whole(root), "SF119")
    assert finding.path == "/var/lang/bin/python3"


def test_does_not_catch_images_without_surefoot(tmp_path: Path) -> None:
    context = whole(sound_root(tmp_path), variables={"HOME": "/tmp", "PYTHONHASHSEED": "x"})
    assert list(start_settings.check(context)) == []
