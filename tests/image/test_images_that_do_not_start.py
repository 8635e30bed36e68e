"""Images that are built and cannot start: the doctor finds each, and its remedy makes it start.

None of them is sealed: the seal would not let them be built. The remedy is taken from the finding
as it is printed: an instruction to add, or to remove.
"""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.errors import UserError
from rie.function import Function
from rie.images.build import build_directory
from rie.images.image import AWSLAMBDARIC, build_function
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox
from surefoot_tools.doctor.finding import ERROR, Finding
from surefoot_tools.doctor.inspection import inspect_image

if TYPE_CHECKING:
    from docker import DockerClient

TAG = "surefoot-test-start"
APP = "def handler(event, context):\n    return 'it runs'\n"
WRITES = """
def handler(event, context):
    with open("/tmp/out/x", "w") as file:
        return "it runs" if file.write("x") else None
"""
READS = """
def handler(event, context):
    with open("/tmp/model/data") as file:
        return file.read()
"""
EXTENSION = """\
#!/var/lang/bin/python3
import http.client, os
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
connection.request("POST", "/2020-01-01/extension/register", b'{"events":[]}',
    {"Lambda-Extension-Name": os.path.basename(__file__)})
answer = connection.getresponse()
answer.read()
connection.request("GET", "/2020-01-01/extension/event/next",
    headers={"Lambda-Extension-Identifier": answer.headers["Lambda-Extension-Identifier"]})
connection.getresponse().read()
"""
CMD = 'CMD ["app.handler"]'
SANDBOX_GONE = 69


@dataclass(frozen=True)
class Case:
    """`lines` end the Dockerfile; the finding of `code` says what is wrong with them."""

    code: str
    lines: tuple[str, ...]


CASES = {
    "CMD in shell form": Case("SF113", ("CMD app.handler",)),
    "ENTRYPOINT in shell form": Case("SF113", ("ENTRYPOINT /lambda-entrypoint.sh", CMD)),
    "a shell as the entry point": Case("SF113", ('ENTRYPOINT ["/bin/bash", "-c"]', CMD)),
    "an extension that is no program": Case(
        "SF115", ("COPY --chmod=644 extension /opt/extensions/mine", CMD)
    ),
    "PYTHONHOME": Case("SF306", ("ENV PYTHONHOME=/usr", CMD)),
    "LD_LIBRARY_PATH": Case("SF307", ("ENV LD_LIBRARY_PATH=/opt/x", CMD)),
    "an empty LD_LIBRARY_PATH": Case("SF307", ("ENV LD_LIBRARY_PATH=", CMD)),
    "a value that Python refuses": Case("SF309", ("ENV PYTHONHASHSEED=none", CMD)),
    "a setting that surefoot refuses": Case("SF309", ("ENV SUREFOOT_PRELOAD=yes", CMD)),
    "an interpreter that is not there": Case("SF119", ("ENV SUREFOOT_PYTHON=/opt/python3", CMD)),
    "a wrapper that is no program": Case(
        "SF116",
        (
            "COPY --chmod=644 wrapper /opt/wrapper",
            "ENV AWS_LAMBDA_EXEC_WRAPPER=/opt/wrapper _HANDLER=app.handler",
            CMD,
        ),
    ),
    "Lambda's own address": Case("SF301", ("ENV AWS_LAMBDA_RUNTIME_API=127.0.0.1:1", CMD)),
    "an entry point that is no program": Case(
        "SF101", ("COPY --chmod=644 wrapper /start.sh", 'ENTRYPOINT ["/start.sh"]', CMD)
    ),
    "a script that is not there as the entry point": Case(
        "SF101", ('ENTRYPOINT ["/opt/start.sh"]', CMD)
    ),
    "a folder of /tmp that the code writes to": Case(
        "SF117", ("RUN mkdir /tmp/out", 'CMD ["writes.handler"]')
    ),
    "a file of /tmp that the code reads": Case(
        "SF117", ("COPY data /tmp/model/data", 'CMD ["reads.handler"]')
    ),
}
EMULATOR = 'ENTRYPOINT ["/usr/local/bin/aws-lambda-rie", "/var/runtime/bootstrap"]'
OTHER_CLIENT = """\
ARG SUREFOOT_IMAGE
FROM ${SUREFOOT_IMAGE}
ARG PIP_FIND_LINKS
ARG PIP_NO_INDEX
COPY requirements.txt ./
RUN pip install --no-compile --require-hashes -r requirements.txt -t .
COPY app.py ./
ENTRYPOINT ["python3", "-m", "awslambdaric"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "writes.py").write_text(WRITES)
    (tmp_path / "reads.py").write_text(READS)
    (tmp_path / "data").write_text("it runs")
    (tmp_path / "extension").write_text(EXTENSION)
    (tmp_path / "wrapper").write_text(
        '#!/bin/sh\n[ "$0" = /opt/wrapper ] && exec "$@"\nexec /lambda-entrypoint.sh "$@"\n'
    )
    return tmp_path


@pytest.mark.parametrize("name", CASES)
def test_the_doctor_finds_it_and_its_remedy_makes_it_start(
    engine: DockerClient, image: str, folder: Path, name: str
) -> None:
    case = CASES[name]
    build(engine, image, folder, case.lines)
    assert not answers()
    result = inspect_image(TAG)
    [finding] = [each.finding for each in result.findings if each.finding.code == case.code]
    assert result.failed
    make_folder(folder, finding)
    build(engine, image, folder, remedied(case.lines, finding))
    assert answers()


def test_the_emulator_as_the_entry_point_starts_here_only(
    engine: DockerClient, image: str, folder: Path
) -> None:
    lines = (EMULATOR, CMD)
    build(engine, image, folder, lines)
    assert answers()
    assert not polls_on_lambda(engine)
    [finding] = [each.finding for each in inspect_image(TAG).findings if each.severity == ERROR]
    assert finding.code == "SF114"
    build(engine, image, folder, remedied(lines, finding))
    assert answers()
    assert polls_on_lambda(engine)


def test_awss_client_as_the_entry_point_has_no_emulator(
    engine: DockerClient, image: str, folder: Path
) -> None:
    (folder / "requirements.txt").write_text(AWSLAMBDARIC.read_text())
    (folder / "Dockerfile").write_text(OTHER_CLIENT + CMD + "\n")
    function = Function("test-start", folder, "app.handler")
    tag = build_function(engine, function, image)
    assert not answers(tag)
    [finding] = [each.finding for each in inspect_image(tag).findings if each.severity == ERROR]
    assert finding.code == "SF118"
    [remedy] = remedied((), finding)
    (folder / "Dockerfile").write_text(f"{OTHER_CLIENT}{remedy}\n{CMD}\n")
    tag = build_function(engine, function, image)
    assert answers(tag)
    assert [each for each in inspect_image(tag).findings if each.severity == ERROR] == []


def build(engine: DockerClient, image: str, folder: Path, lines: tuple[str, ...]) -> None:
    # Modes by RUN: the classic builder knows no --chmod.
    head = ["ARG SUREFOOT_IMAGE", "FROM ${SUREFOOT_IMAGE}", "COPY *.py ./"]
    for line in lines:
        copied = re.fullmatch(r"COPY --chmod=(\d+) (\S+) (\S+)", line)
        if copied:
            head += [f"COPY {copied[2]} {copied[3]}", f"RUN chmod {copied[1]} {copied[3]}"]
        else:
            head.append(line)
    (folder / "Dockerfile").write_text("\n".join(head) + "\n")
    build_directory(engine, folder, TAG, {"SUREFOOT_IMAGE": image})


def remedied(lines: tuple[str, ...], finding: Finding) -> tuple[str, ...]:
    """The Dockerfile's lines after what the finding's remedy says."""
    removed = re.search(r"remove ENV (\w+)", finding.remedy)
    if removed:
        return tuple(line for line in lines if not line.startswith(f"ENV {removed[1]}="))
    value = re.search(r"(LD_LIBRARY_PATH=\S+):…", finding.remedy)
    if value:
        own = finding.message.split()[2].rstrip(",")
        return (*lines, f"ENV {value[1]}:{own}")
    moved = re.search(r"COPY it below /var/task, and read it there: (\S+)", finding.remedy)
    if moved:
        return tuple(line.replace("/tmp/model/data", moved[1]) for line in lines)
    if finding.code == "SF117":
        return lines  # the remedy is one of the code
    added = re.search(r"(?:(?:CMD|ENTRYPOINT) \[[^\]]*\])|RUN chmod \d+ [^\s,]+", finding.remedy)
    assert added, finding.remedy
    return (*lines, added[0])


def make_folder(folder: Path, finding: Finding) -> None:
    """Do with the function's code what the finding's remedy says, if it speaks of the code."""
    added = re.search(r"os\.makedirs\([^)]*\)", finding.remedy)
    if added:
        source = WRITES.replace("    with", f"    import os\n    {added[0]}\n    with", 1)
        (folder / "writes.py").write_text(source)
    moved = re.search(r"read it there: (\S+)", finding.remedy)
    if moved:
        (folder / "reads.py").write_text(READS.replace("/tmp/model/data", moved[1]))


def polls_on_lambda(engine: DockerClient) -> bool:
    """Whether the runtime looks for the Runtime API that a variable names, as on Lambda.

    None is there, so surefoot ends; the emulator would serve its own port, and go on.
    """
    from docker.errors import APIError

    variables = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:1"}
    container = engine.containers.run(TAG, detach=True, environment=variables)
    connect = "import socket; socket.create_connection(('127.0.0.1', 8080))"
    try:
        while container.status != "exited":
            with contextlib.suppress(APIError):  # it has ended in between
                if container.exec_run(["python3", "-c", connect]).exit_code == 0:
                    return False
            container.reload()
        return bool(container.wait()["StatusCode"] == SANDBOX_GONE)
    finally:
        container.remove(force=True, v=True)


def answers(tag: str = TAG) -> bool:
    """Whether the image starts and its function answers."""
    try:
        with Sandbox(
            tag, Function("start", Path(), ""), logs=io.BytesIO(), timeout_s=20
        ) as sandbox:
            answer = sandbox.invoke(b"{}")
    except UserError:
        return False
    return answer.outcome is InvocationOutcome.SUCCEEDED and b"it runs" in answer.body
