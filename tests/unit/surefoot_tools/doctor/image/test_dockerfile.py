"""CMD as Docker reads it."""

from __future__ import annotations

import pytest

from surefoot_tools.doctor.image.dockerfile import read_cmd


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FROM x\n", []),
        ('FROM x\nCMD ["app.handler"]\n', ["app.handler"]),
        ('  cmd  [ "app.handler" ]  ', ["app.handler"]),
        (
            'CMD ["python", "-m", "surefoot", "app.handler"]',
            ["python", "-m", "surefoot", "app.handler"],
        ),
        ('CMD ["old.handler"]\n# CMD ["no.handler"]\nCMD ["new.handler"]\n', ["new.handler"]),
        ('CMD \\\n  ["app.handler"]\n', ["app.handler"]),
        ('CMD ["a", \\\n     "b"]\n', ["a", "b"]),
        ('CMD ["old.handler"]\nCMD app.handler\n', []),
        ("CMD ['app.handler']\n", []),
        ('CMD ["app.handler"\n', []),
        ('CMD {"a": 1}\n', []),
        ('CMD ["app.handler", 1]\n', []),
        ("CMD " + "[" * 100_000, []),
        ('LABEL x="CMD"\nRUN CMD ["a"]\n', []),
    ],
)
def test_the_last_cmd_in_the_exec_form_is_read(text: str, words: list[str]) -> None:
    assert read_cmd(text) == words
