from __future__ import annotations

from pathlib import Path

import pytest

from rie.errors import UserError
from rie.function import Function
from rie.local.environment import RESERVED, lambda_environment, parse_variables

ECHO = Function("echo", Path("/somewhere"), "app.handler")


def test_the_caller_gives_the_region_and_nothing_else() -> None:
    caller = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_SECRET_ACCESS_KEY": "s", "ENV": "prod"}
    environment = lambda_environment(ECHO, memory_mb=256, timeout_s=9, caller=caller)
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert environment["AWS_LAMBDA_FUNCTION_TIMEOUT"] == "9"
    assert not {"AWS_SECRET_ACCESS_KEY", "ENV"} & environment.keys()


def test_variables_are_given_or_copied_by_name() -> None:
    words = ["A=1", "B=x=y", "C=", "AWS_ACCESS_KEY_ID"]
    assert parse_variables(words, {"AWS_ACCESS_KEY_ID": "id", "D": "4"}) == {
        "A": "1",
        "B": "x=y",
        "C": "",
        "AWS_ACCESS_KEY_ID": "id",
    }


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=f"{name} is reserved"):
        parse_variables([f"{name}=x"])


@pytest.mark.parametrize("word", ["=x", "MISSING"])
def test_a_variable_without_name_or_value_is_refused(word: str) -> None:
    with pytest.raises(UserError, match="--env"):
        parse_variables([word], {})
