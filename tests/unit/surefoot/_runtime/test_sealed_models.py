"""Botocore's models from the sealed file: equal to those parsed from JSON, in fresh objects."""

from __future__ import annotations

import gzip
import importlib.util
import inspect
import json
import logging
import os
import shutil
import sys
from collections import OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import botocore.loaders
import pytest

from surefoot._runtime.sealed_file import SealedFile
from surefoot._runtime.sealed_models import serve_models
from surefoot_tools.seal.init_facts import InitFacts
from surefoot_tools.seal.sealed_init import seal_init

DATA = Path(botocore.loaders.__file__).parent / "data"
RESOURCES = Path(boto3.__file__).parent / "data"
SECOND = 1_000_000_000


def fresh_loaders() -> ModuleType:
    """Return a botocore.loaders of our own, so that other tests keep theirs."""
    spec = importlib.util.spec_from_file_location("own_loaders", botocore.loaders.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Some services' models, in a folder that may be changed."""
    copied = tmp_path / "botocore" / "data"
    for name in ("ecs", "docdb", "sts"):
        shutil.copytree(DATA / name, copied / name)
    for name in ("endpoints.json", "partitions.json", "sdk-default-configuration.json"):
        shutil.copy(next(DATA.glob(f"{name}*")), copied)
    (copied / "folder_without_models").mkdir()
    return copied


def models_of(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*.json*"))


def seal(folder: Path, tmp_path: Path) -> SealedFile:
    facts = InitFacts(models=models_of(folder), data_folders=[str(folder)])
    return SealedFile(seal_init(facts, str(tmp_path / "record")).path)


@pytest.fixture
def sealed(data: Path, tmp_path: Path) -> SealedFile:
    return seal(data, tmp_path)


@pytest.fixture
def loaders(data: Path, tmp_path: Path, sealed: SealedFile) -> ModuleType:
    module = fresh_loaders()
    serve_models(module, sealed)
    module.Loader.BUILTIN_DATA_PATH = str(data)
    module.Loader.CUSTOMER_DATA_PATH = str(tmp_path / "nothing")
    return module


class Json:
    """In place of the module: notes the lengths of the texts that are parsed."""

    def __init__(self, lengths: list[int]) -> None:
        self._lengths = lengths

    def loads(self, text: str, **options: Any) -> Any:
        self._lengths.append(len(text))
        return json.loads(text, **options)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch, loaders: ModuleType) -> list[int]:
    """Lengths of the texts that were parsed as JSON."""
    lengths: list[int] = []
    monkeypatch.setattr(loaders, "json", Json(lengths))
    return lengths


def difference(one: Any, other: Any, place: str = "") -> str:
    """Return where two values differ in type, order or value; an empty string if nowhere."""
    if type(one) is not type(other):
        return f"{place}: {type(one)} and {type(other)}"
    if isinstance(one, dict):
        if list(one) != list(other):
            return f"{place}: other keys"
        pairs = [(one[key], other[key], f"{place}.{key}") for key in one]
    elif isinstance(one, list) and len(one) == len(other):
        pairs = [(a, b, f"{place}[]") for a, b in zip(one, other, strict=True)]
    else:
        return "" if one == other else f"{place}: {one!r} and {other!r}"
    return next((found for a, b, where in pairs if (found := difference(a, b, where))), "")


@pytest.mark.parametrize("letters", ["abc", "def", "ghijkl", "mnop", "qrs", "tuvwxyz_"])
def test_every_model_of_botocore_and_boto3_is_the_same_both_ways(
    letters: str, tmp_path: Path
) -> None:
    paths = [
        path
        for folder in (DATA, RESOURCES)
        for path in models_of(folder)
        if Path(path).relative_to(folder).parts[0][0] in letters
    ]
    assert paths
    loaders = fresh_loaders()
    file = SealedFile(seal_init(InitFacts(models=paths), str(tmp_path / "record")).path)
    assert list(file.index["models"]) == paths
    parse = loaders.JSONFileLoader().load_file
    stems = [path.removesuffix(".gz").removesuffix(".json") for path in paths]
    # One after the other: all of them together would fill the memory.
    texts = {}
    for stem in stems:
        texts[stem] = hash(repr(parse(stem)))
    serve_models(loaders, file)
    vars(loaders)["json"] = None  # Parsing would fail.
    for stem in stems:
        assert hash(repr(loaders.JSONFileLoader().load_file(stem))) == texts[stem], stem


def test_types_and_order_are_the_same_at_every_depth(loaders: ModuleType, data: Path) -> None:
    for path in models_of(data):
        stem = path.removesuffix(".gz").removesuffix(".json")
        expected = fresh_loaders().JSONFileLoader().load_file(stem)
        assert difference(loaders.JSONFileLoader().load_file(stem), expected) == ""


class TestServing:
    def test_nothing_is_parsed(self, loaders: ModuleType, parsed: list[int]) -> None:
        model = loaders.Loader().load_service_model("ecs", "service-2")
        assert model["metadata"]["serviceId"] == "ECS"
        assert loaders.Loader().load_data("endpoints")["partitions"]
        assert parsed == []

    def test_each_call_returns_other_objects(self, loaders: ModuleType, data: Path) -> None:
        stem = str(data / "endpoints")
        one, other = (loaders.JSONFileLoader().load_file(stem) for _ in range(2))
        assert type(one) is OrderedDict
        one["partitions"][0]["regions"].clear()
        assert other["partitions"][0]["regions"]

    def test_it_is_logged_as_usual(
        self, loaders: ModuleType, data: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            loaders.JSONFileLoader().load_file(str(data / "partitions"))
        (record,) = caplog.records
        assert record.getMessage() == f"Loading JSON file: {next(data.glob('partitions*'))}"

    def test_a_file_in_front_of_it_wins(self, loaders: ModuleType, data: Path) -> None:
        (packed,) = data.glob("sts/*/service-2.json.gz")
        packed.with_suffix("").write_text('{"mine": 1}')
        assert loaders.JSONFileLoader().load_file(str(packed.with_suffix("").with_suffix(""))) == {
            "mine": 1
        }

    def test_another_model_is_read_from_its_file(self, loaders: ModuleType, data: Path) -> None:
        (data / "own.json").write_text('{"a": [1]}')
        assert loaders.JSONFileLoader().load_file(str(data / "own")) == {"a": [1]}
        assert loaders.JSONFileLoader().load_file(str(data / "no")) is None

    def test_the_methods_show_their_own_source_and_signature(self, loaders: ModuleType) -> None:
        plain = fresh_loaders()
        for kind, name in (("JSONFileLoader", "_load_file"), ("Loader", "list_available_services")):
            ours, theirs = (getattr(getattr(each, kind), name) for each in (loaders, plain))
            assert inspect.getsource(ours) == inspect.getsource(theirs)
            assert inspect.signature(ours) == inspect.signature(theirs)
            assert (ours.__name__, ours.__qualname__, ours.__doc__, ours.__module__) == (
                *(theirs.__name__, theirs.__qualname__, theirs.__doc__),
                theirs.__module__,
            )


@pytest.mark.parametrize("change", ["size", "time", "gone"])
def test_a_changed_model_is_read_from_its_file(
    loaders: ModuleType, data: Path, change: str
) -> None:
    (packed,) = data.glob("sts/*/service-2.json.gz")
    stem = str(packed).removesuffix(".json.gz")
    time_ns = packed.stat().st_mtime_ns
    if change == "gone":
        packed.unlink()
        assert loaders.JSONFileLoader().load_file(stem) is None
        return
    packed.write_bytes(gzip.compress(b'{"changed": 1}'))
    if change == "size":
        os.utime(packed, ns=(time_ns, time_ns))
    assert loaders.JSONFileLoader().load_file(stem) == {"changed": 1}


def test_a_damaged_model_is_read_from_its_file(
    data: Path, tmp_path: Path, loaders: ModuleType, parsed: list[int]
) -> None:
    (sealed,) = tmp_path.glob("record.*")
    *_, last = models_of(data)
    file = SealedFile(str(sealed))
    content = bytearray(sealed.read_bytes())
    content[file._data_start + file.index["models"][last][2]] ^= 1
    sealed.write_bytes(content)
    model = loaders.JSONFileLoader().load_file(last.removesuffix(".gz").removesuffix(".json"))
    assert model
    assert len(parsed) == 1
    sealed.unlink()
    assert loaders.Loader().load_service_model("ecs", "service-2")
    assert len(parsed) == 2


HAS_ZSTD = sys.version_info >= (3, 14)


class TestCompression:
    def test_large_models_are_compressed_where_the_interpreter_can(
        self, data: Path, tmp_path: Path
    ) -> None:
        file = seal(data, tmp_path)
        (large,) = (
            path for path in file.index["models"] if "/ecs/" in path and "service-2" in path
        )
        *_, length, _, packed = file.index["models"][large]
        assert packed is HAS_ZSTD
        assert (length < 300_000) is HAS_ZSTD
        small = [entry[-1] for path, entry in file.index["models"].items() if "rule-set" in path]
        assert small
        assert not any(small)

    def test_unpacking_leaves_no_module_behind(
        self, loaders: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        names = {"_zstd", "compression", "compression.zstd"}
        for name in names:
            monkeypatch.delitem(sys.modules, name, raising=False)
        assert loaders.Loader().load_service_model("ecs", "service-2")
        assert names.isdisjoint(sys.modules)

    def test_if_the_decompressor_is_gone_models_are_read_from_their_files(
        self, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = seal(data, tmp_path)
        file.index["zstd"] = str(tmp_path / "gone.so")
        loaders, plain = fresh_loaders(), fresh_loaders()
        lengths: list[int] = []
        monkeypatch.setattr(loaders, "json", Json(lengths))
        serve_models(loaders, file)
        (path,) = data.glob("ecs/*/service-2.json.gz")
        stem = str(path).removesuffix(".json.gz")
        expected = plain.JSONFileLoader().load_file(stem)
        assert loaders.JSONFileLoader().load_file(stem) == expected
        assert bool(lengths) is HAS_ZSTD


class TestListing:
    def list_both(self, loaders: ModuleType, kind: str) -> tuple[list[str], list[str]]:
        plain = fresh_loaders()
        plain.Loader.BUILTIN_DATA_PATH = loaders.Loader.BUILTIN_DATA_PATH
        plain.Loader.CUSTOMER_DATA_PATH = loaders.Loader.CUSTOMER_DATA_PATH
        return tuple(each.Loader().list_available_services(kind) for each in (loaders, plain))

    @pytest.fixture
    def listed(self, loaders: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        folders = []

        class Os:
            path = os.path

            def listdir(self, folder: str) -> list[str]:
                folders.append(folder)
                return os.listdir(folder)  # noqa: PTH208  (as botocore calls it)

        monkeypatch.setattr(loaders, "os", Os())
        return folders

    @pytest.mark.parametrize("kind", ["service-2", "waiters-2", "resources-1", "nothing", ""])
    def test_it_is_the_same_without_looking(
        self, loaders: ModuleType, kind: str, listed: list[str]
    ) -> None:
        ours, theirs = self.list_both(loaders, kind)
        assert ours == theirs
        assert listed == []

    @pytest.mark.parametrize(
        "name",
        [
            "more/2020-01-01/service-2.json",
            "ecs/2029-01-01/special.json",
            "folder_without_models/2020-01-01/special.json",
        ],
    )
    def test_a_new_model_is_seen(self, loaders: ModuleType, data: Path, name: str) -> None:
        (data / name).parent.mkdir(parents=True)
        (data / name).write_text("{}")
        ours, theirs = self.list_both(loaders, Path(name).stem)
        assert ours == theirs
        assert name.partition("/")[0] in ours

    def test_a_new_kind_and_a_removed_one_are_seen(self, loaders: ModuleType, data: Path) -> None:
        (folder,) = data.glob("docdb/*")
        (folder / "special.json").write_text("{}")
        assert self.list_both(loaders, "special") == (["docdb"], ["docdb"])
        (data / next(data.glob("sts/*/service-2*"))).unlink()
        ours, theirs = self.list_both(loaders, "service-2")
        assert ours == theirs == ["docdb", "ecs"]

    def test_types_given_by_position_and_by_name_are_cached_apart(
        self, loaders: ModuleType, data: Path, sealed: SealedFile, listed: list[str]
    ) -> None:
        # So boto3's Session.get_available_resources() sees what changed after its first client.
        loader = loaders.Loader()
        assert loader.list_available_services("service-2") == ["docdb", "ecs", "sts"]
        assert listed == []
        sealed.release_code()
        next(data.glob("sts/*/service-2*")).unlink()
        assert loader.list_available_services("service-2") == ["docdb", "ecs", "sts"]
        assert loader.list_available_services(type_name="service-2") == ["docdb", "ecs"]

    def test_a_call_that_does_not_fit_raises_as_without(self, loaders: ModuleType) -> None:
        calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
            ((), {}),
            (("service-2", "more"), {}),
            ((), {"kind": "service-2"}),
            (("service-2",), {"type_name": "service-2"}),
        ]
        for words, named in calls:
            messages = []
            for module in (loaders, fresh_loaders()):
                with pytest.raises(TypeError) as caught:
                    module.Loader().list_available_services(*words, **named)
                messages.append(str(caught.value))
            assert messages[0] == messages[1]

    def test_models_of_the_user_are_added(
        self, loaders: ModuleType, tmp_path: Path, listed: list[str]
    ) -> None:
        own = tmp_path / "nothing" / "mine" / "1"
        own.mkdir(parents=True)
        (own / "service-2.json").write_text("{}")
        assert "mine" in loaders.Loader().list_available_services("service-2")
        assert listed != []

    def test_loaders_with_other_ways_are_left_alone(self, loaders: ModuleType) -> None:
        class Own(loaders.JSONFileLoader):  # type: ignore[name-defined,misc]
            def exists(self, path: str) -> bool:
                return "sts" in path and path.endswith("service-2")

        loader = loaders.Loader(file_loader=Own())
        assert loader.list_available_services("service-2") == ["sts"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loaders.JSONFileLoader, "exists", lambda *_: False)
            assert loaders.Loader().list_available_services("service-2") == []

    def test_times_in_whole_seconds_are_those_of_an_image(
        self, loaders: ModuleType, data: Path, listed: list[str]
    ) -> None:
        for path in [data, *data.rglob("*")]:
            whole = path.stat().st_mtime_ns // SECOND * SECOND
            os.utime(path, ns=(whole, whole))
        assert loaders.Loader().list_available_services("service-2") == ["docdb", "ecs", "sts"]
        assert listed == []
