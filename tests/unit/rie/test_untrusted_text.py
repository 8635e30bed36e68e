"""Text from outside is shown without control characters and without credentials."""

from __future__ import annotations

import pytest

from rie import untrusted_text
from rie.errors import UserError
from rie.untrusted_text import redact_credentials, strip_control_characters


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\033[31mred\033[0m", "red"),
        ("\033]8;;https://x\033\\link\033]8;;\033\\", "link"),
        ("\033]0;title\007text", "text"),
        ("\033]0;never ended", ""),
        ("\033P1$q\033\\text", "text"),
        ("\0337\033(0text\033", "text"),
        ("\x9b2Jtext\x85", "text"),
        ("a\bb\x7fc\0d", "abcd"),
        ("one\r\ntwo\rthree\tfour", "one\ntwo\nthree\tfour"),
        ("abc\u202edef\u2066", "abcdef"),
        ("Umlaute äöü, 漢字, 🙂", "Umlaute äöü, 漢字, 🙂"),
    ],
)
def test_control_characters_are_removed(text: str, safe: str) -> None:
    assert strip_control_characters(text) == safe


@pytest.mark.parametrize(
    "text",
    [
        "https://user:S3CRETPASSWORD@registry.example/v2/",
        "https://b.s3.amazonaws.com/k?X-Amz-Signature=S3CRETPASSWORD&x=1",
        "?X-Amz-Security-Token=S3CRETPASSWORD",
        "Authorization: Basic S3CRETPASSWORD==",
        "got Bearer S3CRETPASSWORDS3CRETPASSWORD",
    ],
)
def test_credentials_are_redacted(text: str) -> None:
    assert "S3CRET" not in redact_credentials(text, {})
    assert "S3CRET" not in str(UserError(text, text))


def test_this_processs_aws_secrets_are_redacted() -> None:
    environ = {"AWS_SECRET_ACCESS_KEY": "k" * 40, "AWS_SESSION_TOKEN": ""}
    assert redact_credentials(f"denied: {'k' * 40}", environ) == "denied: [redacted]"


def test_registered_secrets_are_redacted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(untrusted_text, "_known_secrets", set())
    untrusted_text.register_secret("a-password-of-ecr")
    untrusted_text.register_secret("short")  # would blank ordinary words
    assert redact_credentials("a-password-of-ecr, short", {}) == "[redacted], short"


@pytest.mark.parametrize("text", ["git@host:owner/name", "s3://bucket/key", "a: b@c", "12:30@noon"])
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert redact_credentials(text, {}) == text
