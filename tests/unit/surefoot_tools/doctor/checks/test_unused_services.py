from __future__ import annotations

import sys
from pathlib import Path

import pytest

from surefoot_tools.doctor.checks import unused_services
from surefoot_tools.seal.init_facts import InitFacts
from surefoot_tools.seal.sealed_init import seal_init
from tests.unit.surefoot_tools.doctor.checking import codes, in_root, write

LIBRARY = "var/lang/lib/python{}.{}".format(*sys.version_info[:2])
DATA = "var/task/botocore/data"


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(unused_services, "_WORTH", 1000)
    models = {f"{DATA}/{name}/2020-01-01/service-2.json": "{}" for name in ("ecs", "docdb")}
    other = {f"{DATA}/s{number}/2020-01-01/service-2.json": " " * 100 for number in range(20)}
    write(tmp_path, {f"{LIBRARY}/os.py": "", "var/runtime/x": "", **models, **other})
    facts = InitFacts(models=[str(tmp_path / name) for name in models])
    path = Path(seal_init(facts, str(tmp_path / "var/runtime/.surefoot-seal")).path)
    path.write_bytes(path.read_bytes().replace(str(tmp_path).encode(), b""))
    return tmp_path


def test_other_services_are_found_with_their_size_and_what_to_keep(image: Path) -> None:
    (finding,) = in_root("unused_services", image)
    assert (finding.code, finding.path) == ("SF221", f"/{DATA}")
    assert "20 services" in finding.message
    assert "--only-services docdb,ecs" in finding.remedy


def test_few_other_services_are_no_finding(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unused_services, "_WORTH", 1 << 20)
    assert codes(in_root("unused_services", image)) == []


def test_what_is_not_sealed_is_no_finding(image: Path) -> None:
    (image / "var/runtime/.surefoot-seal.init").unlink()
    assert codes(in_root("unused_services", image)) == []
