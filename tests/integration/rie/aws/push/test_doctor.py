"""The real doctor's word, as the push hears it."""

from __future__ import annotations

import pytest

from rie.aws.push.doctor import examine
from rie.errors import UserError
from tests.integration.rie.aws.push.conftest import Load


def test_what_the_doctor_calls_an_error_is_a_refusal_with_its_code_and_remedy(load: Load) -> None:
    (refusal,) = [each for each in examine(load("sick")) if "(SF101)" in each.reason]
    assert "ENTRYPOINT" in refusal.reason
    assert "FROM surefoot" in refusal.remedy


def test_an_image_that_the_doctor_cannot_see_is_an_error(load: Load) -> None:
    with pytest.raises(UserError, match="the doctor cannot look at surefoot-push-test-none"):
        examine("surefoot-push-test-none")
