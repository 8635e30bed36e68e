from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.surefoot_tools.doctor.checking import in_folder, write

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
