"""The real doctor's errors, as blockers of a push."""

from __future__ import annotations

import pytest

from rie.aws.push.preflight import run_doctor
from rie.errors import UserError
from tests.integration.rie.aws.push.conftest import Load


def test_an_error_of_the_doctor_blocks_the_push_with_code_and_remedy(load: Load) -> None:
    (blocker,) = [each for each in run_doctor(load("sick")) if "(SF101)" in each.reason]
    assert "ENTRYPOINT" in blocker.reason
    assert "FROM surefoot" in blocker.remedy


def test_an_image_that_the_doctor_cannot_see_is_an_error(load: Load) -> None:
    with pytest.raises(UserError, match="the doctor cannot read surefoot-push-test-none"):
        run_doctor("surefoot-push-test-none")
