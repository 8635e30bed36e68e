"""Models of other services are removed, wherever botocore is; a misspelt one is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from surefoot_tools.console import UserError
from surefoot_tools.seal.only_services import remove_other_services


@pytest.fixture
def task(tmp_path: Path) -> Path:
    data = tmp_path / "botocore" / "data"
    for service in ("ecs", "docdb", "ec2", "sts", "s3"):
        (data / service / "2020-01-01").mkdir(parents=True)
        (data / service / "2020-01-01" / "service-2.json.gz").write_bytes(b"x" * 100)
    (data / "endpoints.json").write_text("{}")
    return tmp_path


def left(task: Path) -> list[str]:
    return sorted(path.name for path in (task / "botocore" / "data").iterdir())


def test_only_the_wanted_services_stay_with_what_all_of_them_need(task: Path) -> None:
    removed = remove_other_services([str(task)], ["ecs", "docdb"])
    assert (removed.services, removed.size) == (2, 200)
    assert left(task) == ["docdb", "ecs", "endpoints.json", "sts"]


def test_a_second_time_nothing_changes(task: Path) -> None:
    for _ in range(2):
        removed = remove_other_services([str(task)], ["ecs"])
    assert (removed.services, removed.size) == (0, 0)
    assert left(task) == ["ecs", "endpoints.json", "sts"]


def test_layers_and_several_places_are_looked_through_once(task: Path, tmp_path: Path) -> None:
    (task / "python").mkdir()
    (task / "botocore").rename(task / "python" / "botocore")
    removed = remove_other_services([str(task), str(task / "python")], ["s3"])
    assert removed.services == 3


def test_a_service_that_botocore_does_not_have_is_an_error_and_nothing_is_removed(
    task: Path,
) -> None:
    before = left(task)
    with pytest.raises(UserError, match="no service dynamo") as raised:
        remove_other_services([str(task)], ["ecs", "dynamo"])
    assert "boto3.client" in raised.value.remedy
    assert left(task) == before


def test_without_botocore_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no botocore/data"):
        remove_other_services([str(tmp_path)], ["ecs"])
