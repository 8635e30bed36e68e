"""functions/README.md: each example of the kit runs, and each module has one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from surefoot.kit import clients as clients_module
from surefoot.kit.errors import UserError
from surefoot.testing import fake_context, invoke
from tests.support.awsanswer import answer

ROOT = Path(__file__).parents[3]
README = (ROOT / "functions" / "README.md").read_text()
KIT = sorted(path.stem for path in (ROOT / "runtime" / "surefoot" / "kit").glob("[a-z]*.py"))
SECTIONS = {
    name: re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    for name, text in re.findall(r"### kit\.(\w+)\n(.*?)(?=\n##)", README, re.DOTALL)
}


def example(section: str, number: int = 0) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(SECTIONS[section][number], names)  # noqa: S102 (the project's own README)
    return names


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """Requests of clients that the examples create; AWS answers with an empty object."""
    sent: list[tuple[str, bytes]] = []

    def send(request: Any, event_name: str, **_: Any) -> Any:
        sent.append((event_name.rpartition(".")[2], request.body))
        return answer(202, "{}")

    session = boto3.Session("key", "secret", region_name="eu-west-1")
    hook: Any = send
    session.events.register("before-send", hook)
    original: Callable[..., Any] = clients_module.create_client

    def create(service: str, options: Any = None, **arguments: Any) -> Any:
        return original(service, options, **{**arguments, "session": session})

    monkeypatch.setattr(clients_module, "create_client", create)
    return sent


def test_each_module_has_an_example_and_no_other_has() -> None:
    assert sorted(SECTIONS) == KIT
    assert all(SECTIONS.values())


def test_each_function_is_in_the_table() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/template.yaml")}
    assert {name for name in folders if f"[{name}]({name}/README.md)" in README} == folders - {
        "echo",
        "shell",
    }


def test_resumable_goes_on_with_its_own_result(capsys: pytest.CaptureFixture[str]) -> None:
    handler = example("resumable")["handler"]
    seconds = iter(range(10_000))
    event: Any = {}
    while not event.get("done"):
        event = invoke(handler, event, timeout=40, clock=lambda: next(seconds))
    assert capsys.readouterr().out.split() == [str(number) for number in range(100)]


def test_a_chain_goes_on_with_next() -> None:
    handler = example("resumable", 1)["handler"]
    answers = [invoke(handler, {})]
    while not answers[-1]["done"]:
        answers.append(invoke(handler, answers[-1]["next"]))
    assert len(answers) == 3


def test_a_durable_function_goes_on_with_next() -> None:
    from tests.support.durable_runner import DurableFunctionTestRunner, close_loop

    with DurableFunctionTestRunner(example("durable")["handler"], poll_interval=0.01) as runner:
        result = runner.run("{}")
    close_loop(runner)
    assert json.loads(str(result.result)) == {"done": True}


def test_a_budget_is_what_is_left() -> None:
    now = 1000.0
    found = invoke(example("time_budget")["handler"], {}, timeout=10, clock=lambda: now)
    assert found == {"enough": True, "seconds": 8.0}


def test_an_event_is_unwrapped() -> None:
    event = {"id": "7", "source": "aws.events", "detail": {"step": "out"}}
    assert invoke(example("events")["handler"], event) == {"payload": {"step": "out"}, "key": "7"}


def test_an_error_has_a_remedy() -> None:
    handler = example("errors")["handler"]
    assert invoke(handler, {"name": "a"}) == "a"
    with pytest.raises(UserError, match=r'the event has no name; send \{"name"'):
        invoke(handler, {})


def test_clients_are_created_once(requests: list[tuple[str, bytes]]) -> None:
    names = example("clients")
    assert [invoke(names["handler"], {}) for _ in range(2)] == [[], []]
    assert [operation for operation, _ in requests] == ["ListQueues", "ListQueues"]


def test_a_failed_call_is_described() -> None:
    describe = example("aws_errors")["describe"]
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "UpdateService")
    assert describe(error).startswith("ecs:UpdateService failed (AccessDenied): no; allow ecs:")
    with pytest.raises(KeyError):
        describe(KeyError("a defect"))


def test_calls_pass_the_bucket() -> None:
    assert example("rate_limit")["call"](dict, a=1) == {"a": 1}


def test_metrics_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    invoke(example("metrics")["handler"], {})
    assert '"Items": 42.0' in capsys.readouterr().out


def test_tables_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    invoke(example("tables")["handler"], {})
    assert capsys.readouterr().out.splitlines()[-1] == "longer  1000"


def test_the_function_invokes_itself(requests: list[tuple[str, bytes]]) -> None:
    example("self_invoke")["handler"]({}, fake_context())
    assert requests == [("Invoke", b'{"step": "next"}')]
