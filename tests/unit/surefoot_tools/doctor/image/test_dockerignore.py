from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from surefoot_tools.doctor.image import dockerignore
from surefoot_tools.doctor.image.dockerignore import make_excluder


@pytest.mark.parametrize(
    ("text", "out", "stays"),
    [
        (".env", [".env"], ["a/.env", ".env2"]),
        ("/.env", [".env"], ["a/.env"]),
        ("**/.env", [".env", "a/.env", "a/b/.env"], ["a/x.env"]),
        ("*.pyc\n", ["a.pyc"], ["b/a.pyc", "a.py"]),
        ("**/*.pyc", ["a.pyc", "b/c/a.pyc"], ["a.py"]),
        ("folder/", ["folder", "folder/a", "folder/b/c"], ["folder2", "x/folder"]),
        ("a/**/z", ["a/z", "a/b/c/z"], ["z"]),
        ("docs/**", ["docs/a", "docs/a/b"], ["doc"]),
        ("file?.[ch]", ["file1.c", "file2.h"], ["file.c", "file12.c", "file1.x"]),
        ("[^a-c]x", ["dx"], ["ax", "cx"]),
        ("*\n!app.py\n!pkg", ["README.md", "x/app.py"], ["app.py", "pkg", "pkg/a.py"]),
        ("!app.py\n*", ["app.py"], []),
        ("# .env\n\n  .env  \n", [".env"], ["# .env"]),
        (r"\*.md", ["*.md"], ["a.md"]),
        ("a.b(c)+", ["a.b(c)+"], ["aab(c)+"]),
        ("", [], ["a"]),
    ],
)
def test_lines_mean_what_docker_says(text: str, out: list[str], stays: list[str]) -> None:
    excluded = make_excluder(text)
    assert [path for path in out if not excluded(path)] == []
    assert [path for path in stays if excluded(path)] == []


def test_many_wildcards_take_no_exponential_time() -> None:
    excluded = make_excluder("**/" + "*a" * 30 + "b\n" + "**a" * 30 + "\n" + "**/a/" * 30 + "b")
    assert not excluded("x/" + "a" * 25 + "/c")
    assert excluded("x/" + "a" * 40 + "b")


@given(
    st.lists(st.sampled_from(["**/", "**", "*", "?", "a", "b", "/", "[ab]"]), max_size=6),
    st.text("ab/", max_size=8),
)
@example(["**/", "a"], "ba")
@example(["a", "**/", "b"], "ab")
def test_both_ways_of_matching_are_the_same(parts: list[str], path: str) -> None:
    pattern = dockerignore._PARTS.findall("".join(parts))
    expression = "".join(map(dockerignore._translate, pattern)) + "(?:/.*)?"
    assert dockerignore._States(pattern).matches(path) == bool(re.fullmatch(expression, path))
