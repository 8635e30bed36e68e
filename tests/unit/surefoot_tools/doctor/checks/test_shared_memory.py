from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.surefoot_tools.doctor.checking import codes, in_folder, write
from tests.unit.surefoot_tools.doctor.readme import README, sections

HEAD = """import joblib, multiprocessing, multiprocessing.pool
import multiprocessing as mp
from concurrent import futures
from concurrent.futures import ProcessPoolExecutor as Pool
from multiprocessing.shared_memory import SharedMemory
"""


@pytest.mark.parametrize(
    "line",
    [
        "multiprocessing.Pool()",
        "mp.Queue()",
        "mp.get_context('fork').Lock()",
        "context = mp.get_context(); context.SimpleQueue()",
        "multiprocessing.pool.ThreadPool(2)",
        "mp.Value('i', 0)",
        "futures.ProcessPoolExecutor()",
        "Pool(2)",
        "SharedMemory(create=True, size=8)",
        "joblib.Parallel(n_jobs=4)(())",
    ],
)
def test_what_needs_shared_memory_is_found(tmp_path: Path, line: str) -> None:
    write(tmp_path, {"app.py": f"{HEAD}def handler(event, _):\n    {line}\n"})
    (finding,) = in_folder("shared_memory", tmp_path)
    assert (finding.code, finding.line) == ("SF205", 7)


@pytest.mark.parametrize(
    "line",
    [
        "mp.Process(target=print)",
        "mp.Pipe()",
        "mp.Manager().Queue()",
        "mp.Value('i', 0, lock=False)",
        "mp.cpu_count()",
        "futures.ThreadPoolExecutor()",
        "joblib.Parallel(n_jobs=4, backend='threading')(())",
        "joblib.Parallel(n_jobs=4, prefer='threads')(())",
        "joblib.Parallel()(())",
        "event.Pool()",
        "import queue; queue.Queue()",
    ],
)
def test_what_works_without_is_no_finding(tmp_path: Path, line: str) -> None:
    write(tmp_path, {"app.py": f"{HEAD}def handler(event, _):\n    {line}\n"})
    assert in_folder("shared_memory", tmp_path) == []


def test_code_that_the_handler_never_imports_is_no_finding(tmp_path: Path) -> None:
    write(tmp_path, {"training/train.py": f"{HEAD}mp.Pool()\n", "app.py": "def f(event, _): ...\n"})
    assert in_folder("shared_memory", tmp_path) == []


# As on Lambda: what needs /dev/shm raises, in the processes that are started, too.
WITHOUT_SHARED_MEMORY = """
import _multiprocessing

def refuse(*arguments):
    raise OSError(38, "Function not implemented")

_multiprocessing.SemLock = type("SemLock", (), {"__new__": refuse, "SEM_VALUE_MAX": 1})
"""
MAIN = """
import sys
if __name__ == "__main__":
    import app
    print(app.handler({"numbers": [1, 2, 3]}, None))
"""


def run_without_shared_memory(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    write(folder, {"sitecustomize.py": WITHOUT_SHARED_MEMORY, "app.py": source, "main.py": MAIN})
    return subprocess.run(
        [sys.executable, "main.py"],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_advised_code_runs_without_shared_memory_and_is_no_finding(tmp_path: Path) -> None:
    [source] = re.findall(r"```python\n(.*?)```", sections(README.read_text())["SF205"], re.DOTALL)
    done = run_without_shared_memory(tmp_path, source)
    assert (done.stdout, done.returncode) == ("[1, 4, 9]\n", 0), done.stderr
    assert in_folder("shared_memory", tmp_path, "app.handler") == []


def test_a_pool_is_found_and_fails_without_shared_memory(tmp_path: Path) -> None:
    source = "import multiprocessing\ndef handler(event, _): multiprocessing.Pool(1)\n"
    done = run_without_shared_memory(tmp_path, source)
    assert "Function not implemented" in done.stderr
    assert codes(in_folder("shared_memory", tmp_path, "app.handler")) == ["SF205"]
