"""UserError: a reason and a remedy, in one line and apart."""

from __future__ import annotations

import pickle

from surefoot.kit.errors import UserError


def test_the_message_is_reason_and_remedy() -> None:
    error = UserError("PORT is 'x'", "write a number")
    assert str(error) == "PORT is 'x'; write a number"
    assert (error.reason, error.remedy) == ("PORT is 'x'", "write a number")


def test_an_error_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(UserError("PORT is 'x'", "write a number")))  # noqa: S301
    assert str(error) == "PORT is 'x'; write a number"
