"""/lambda-entrypoint.sh: emulator or Lambda, and what it says without a handler."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., tuple[int, str]]
NO_HANDLER = 142
# Nothing listens on port 9 of the loopback: the runtime ends at its first poll.
CLOSED = {"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9"}


def test_without_a_handler_ends_with_142_and_says_what_to_do(run: Run) -> None:
    status, output = run(None)
    assert status == NO_HANDLER
    assert "no handler" in output
    assert "CMD" in output


def test_an_empty_handler_is_no_handler(run: Run) -> None:
    assert run([""])[0] == NO_HANDLER


def test_on_lambda_starts_the_runtime_and_no_emulator(run: Run, task_image: str) -> None:
    status, output = run(["app.inspect"], of=task_image, environment=CLOSED)
    assert status not in (0, NO_HANDLER)
    assert "rapid" not in output


def test_the_handler_may_come_from_the_variable_alone(run: Run) -> None:
    status, output = run(None, environment={**CLOSED, "_HANDLER": "app.inspect"})
    assert status not in (0, NO_HANDLER)
    assert "no handler" not in output
