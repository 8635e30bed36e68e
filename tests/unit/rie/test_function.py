from __future__ import annotations

from pathlib import Path

import pytest

from rie.errors import UserError
from rie.function import find


def test_a_name_means_the_function_of_the_repository() -> None:
    function = find("echo")
    assert (function.name, function.handler) == ("echo", "app.handler")
    assert (function.directory / "app.py").is_file()


def test_a_directory_is_a_function_and_its_last_cmd_is_the_handler(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text('FROM x\nCMD ["old.h"]\n# CMD ["no.h"]\nCMD ["new.h"]\n')
    assert find(str(tmp_path)).handler == "new.h"


def test_a_given_handler_wins_over_the_cmd() -> None:
    assert find("echo", "app.other").handler == "app.other"


@pytest.mark.parametrize("cmd", ["", 'CMD ["python", "app.py"]\n', "CMD app.handler\n"])
def test_a_directory_that_names_no_handler_is_refused(tmp_path: Path, cmd: str) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM x\n{cmd}")
    with pytest.raises(UserError, match="--handler"):
        find(str(tmp_path))


def test_an_unknown_function_is_refused_with_the_known_names() -> None:
    with pytest.raises(UserError, match=r"no function 'ecko'[\s\S]*echo, "):
        find("ecko")
