"""Whatever is broken, CloudFormation gets an answer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eni_cleanup import app
from rie.paths import ROOT
from surefoot import DeadlineExceeded
from surefoot.kit.resumable import Chain, encode_token
from surefoot.testing import fake_context
from tests.integration.functions.eni_cleanup.mailbox import Mailbox
from tests.unit.functions.eni_cleanup.world import World, request, shop

PACKAGE = ROOT / "functions" / "eni_cleanup" / "eni_cleanup"
SAFE = ("__init__", "app", "cloudformation")
OTHERS = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem not in SAFE)


def _event(box: Mailbox, kind: str = "Delete", **fields: Any) -> dict[str, Any]:
    return {**request(kind), "ResponseURL": box.url, **fields}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_create_and_update_look_for_the_functions_and_change_nothing(kind: str) -> None:
    world = shop(World())
    [answer] = world.run(request(kind))
    assert answer["Status"] == "SUCCESS"
    assert world.steps == ["get_function_configuration", "put"]


def test_a_create_without_functions_never_imports_boto3(box: Mailbox) -> None:
    program = (
        "import json, sys\n"
        "from surefoot.testing import fake_context\n"
        "from eni_cleanup import app\n"
        "assert 'requests' not in sys.modules\n"
        "app.handler(json.loads(sys.argv[1]), fake_context(timeout=30))\n"
        "assert 'boto3' not in sys.modules\n"
    )
    event = _event(box, "Create", ResourceProperties={"VpcId": "vpc-0a1b2c3d"})
    _python(program, json.dumps(event))
    assert box.taken[0]["Status"] == "SUCCESS"


def _python(program: str, *arguments: str, package: Path = PACKAGE.parent) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={
            "PYTHONPATH": f"{package}:{ROOT / 'runtime'}",
            "PATH": "",
            "RESPONSE_URL_PREFIX": "http://127.0.0.1:",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    "line", ["import nowhere", "this is no Python", "raise SystemExit(3)", "1 / 0"]
)
def test_a_package_that_cannot_be_imported_is_answered(
    box: Mailbox, tmp_path: Path, line: str
) -> None:
    """All modules but the safe ones are broken, and requests is missing on top of it."""
    broken = tmp_path / "eni_cleanup"
    broken.mkdir()
    for name in SAFE:
        (broken / f"{name}.py").write_text((PACKAGE / f"{name}.py").read_text())
    for name in OTHERS:
        (broken / f"{name}.py").write_text(line)
    program = (
        "import json, sys\n"
        "sys.modules['requests'] = None\n"
        "from surefoot.testing import fake_context\n"
        "from eni_cleanup import app\n"
        "app.handler(json.loads(sys.argv[1]), fake_context(timeout=30))\n"
    )
    for kind in ("Create", "Delete"):
        _python(program, json.dumps(_event(box, kind)), package=tmp_path)
    assert [answer["Status"] for answer in box.taken] == ["FAILED", "FAILED"]
    assert "Error" in box.taken[0]["Reason"] or "SystemExit" in box.taken[0]["Reason"]
    # The failed Create is taken back; that must work even now, or the stack is stuck.
    undo = _event(box, PhysicalResourceId=box.taken[0]["PhysicalResourceId"])
    _python(program, json.dumps(undo), package=tmp_path)
    assert box.taken[2]["Status"] == "SUCCESS"


def test_the_entry_imports_nothing_of_its_own_but_what_is_safe() -> None:
    program = (
        "import sys\n"
        "import eni_cleanup.app\n"
        "print(*(name for name in sys.modules if name.startswith('eni_cleanup.')), file=sys.stderr)"
    )
    assert set(_python(program).split()) == {"eni_cleanup.app", "eni_cleanup.cloudformation"}


def _continuation(state: Any) -> str:
    chain = Chain({}, f"eni_cleanup {request()['RequestId']}")
    return str(chain.next_event({}, state)["continuation"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"RequestType": "Destroy"}, "RequestType is 'Destroy'"),
        ({"RequestType": None}, "RequestType is None"),
        ({"StackId": ""}, "StackId is missing"),
        ({"ResourceProperties": None}, "ResourceProperties is missing"),
        ({"ResourceProperties": {"FunctionNames": "shop"}}, "FunctionNames is 'shop'"),
        ({"ResourceProperties": {"Functions": ["shop"]}}, "no property is called Functions"),
        ({"ResourceProperties": {}}, "nothing is named"),
        ({"continuation": {"turn": 2}}, "not a string. Pass it on as it was returned"),
        ({"continuation": "sf1.0"}, "is damaged"),
        ({"continuation": encode_token("eni_cleanup 1", [2, 1.0, None])}, "'eni_cleanup 1'"),
        ({"continuation": _continuation({"turn": 2})}, "of another version of this function"),
    ],
)
def test_a_request_that_makes_no_sense_is_answered(change: dict[str, Any], said: str) -> None:
    world = shop(World())
    kind = "Delete" if "continuation" in change else "Create"
    [answer] = world.run({**request(kind), **change})
    assert answer["Status"] == "FAILED"
    assert said in answer["Reason"]
    assert world.steps == ["put"]


def test_a_wrong_setting_is_heard_of_with_the_create(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLL_SECONDS", "soon")
    app.handler(_event(box, "Create"), fake_context(timeout=30))
    assert box.taken[0]["Status"] == "FAILED"
    assert "POLL_SECONDS is 'soon'" in box.taken[0]["Reason"]


@pytest.mark.parametrize("error", [RuntimeError("a bug"), SystemExit(1), KeyboardInterrupt()])
def test_any_exception_is_answered(error: BaseException) -> None:
    def fault(world: World, name: str) -> None:
        if name == "list_functions":
            raise error

    world = shop(World(fault=fault))
    [answer] = world.run(request())
    assert answer["Status"] == "FAILED"
    assert type(error).__name__ in answer["Reason"]


def test_the_deadline_guard_hands_over() -> None:
    raised: list[str] = []

    def fault(world: World, name: str) -> None:
        if name == "list_functions" and not raised:
            raised.append(name)
            raise DeadlineExceeded("request 1 is about to time out")

    world = shop(World(fault=fault))
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert world.invocations == 2
    assert not world.crimes


def test_an_answer_that_is_not_taken_fails_the_invocation_so_that_lambda_repeats_it() -> None:
    def fault(world: World, name: str) -> None:
        if name == "put" and world.invocations == 1:
            raise ConnectionRefusedError

    world = shop(World(fault=fault))
    [answer] = world.run(request())
    assert answer["Status"] == "SUCCESS"
    assert world.invocations == 2


def test_what_failed_is_counted(capfd: pytest.CaptureFixture[str]) -> None:
    for kind, failed in (("Create", 0.0), ("Nonsense", 1.0)):
        shop(World()).run(request(kind))
        line = json.loads(capfd.readouterr().out)
        assert line["Failed"] == failed
        assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "surefoot/eni-cleanup"
