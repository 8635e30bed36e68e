"""Images that are built and cannot start: the doctor finds each, and its remedy makes it start.

None of them is sealed: the seal would not let them be built. The remedy is taken from the finding
as it is printed: an instruction to add, or to remove.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rie.errors import UserError
from rie.function import Function
from rie.images.build import build_directory
from rie.local.client import InvocationOutcome
from rie.local.sandbox import Sandbox
from surefoot_tools.doctor.finding import Finding
from surefoot_tools.doctor.inspection import inspect_image

if TYPE_CHECKING:
    from docker import DockerClient

TAG = "surefoot-test-start"
APP = "def handler(event, context):\n    return 'it runs'\n"
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
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
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
    build(engine, image, folder, remedied(case.lines, finding))
    assert answers()


def build(engine: DockerClient, image: str, folder: Path, lines: tuple[str, ...]) -> None:
    # Modes by RUN: the classic builder knows no --chmod.
    head = ["ARG SUREFOOT_IMAGE", "FROM ${SUREFOOT_IMAGE}", "COPY app.py ./"]
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
    added = re.search(r"(?:(?:CMD|ENTRYPOINT) \[[^\]]*\])|RUN chmod \d+ [^\s,]+", finding.remedy)
    assert added, finding.remedy
    return (*lines, added[0])


def answers() -> bool:
    """Whether the image starts and its function answers."""
    try:
        with Sandbox(
            TAG, Function("start", Path(), ""), logs=io.BytesIO(), timeout_s=20
        ) as sandbox:
            answer = sandbox.invoke(b"{}")
    except UserError:
        return False
    return answer.outcome is InvocationOutcome.SUCCEEDED and b"it runs" in answer.body
