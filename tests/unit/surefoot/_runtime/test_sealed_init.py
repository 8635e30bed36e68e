"""Sealed modules are as if imported from their files; what is out of date is not served."""

from __future__ import annotations

import os
import posix
import random
import types
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from surefoot._runtime import sealed_file
from surefoot._runtime.sealed_file import MAGIC, SealedFile, is_same_time
from surefoot_tools.seal import sealed_init as writer
from tests.unit.surefoot._runtime.sealing import Packages

SECOND = 1_000_000_000


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    made = Packages(tmp_path)
    made.write(
        {
            "alone": '"""Alone."""\nimport re\nWORD = re.compile("[a-z]+", re.I)\nVALUE = 1\n',
            "pack/__init__": "from . import inner\nVALUE = 2\n",
            "pack/inner": "class Thing:\n    value = 3\n\ndef fail():\n    raise KeyError('x')\n",
        }
    )
    (made.folder / "pack" / "data.txt").write_text("data")
    return made


# Everything that a function can ask a module about itself.
ASK = """
import importlib, importlib.resources, importlib.util, inspect, pickle, re, sys, traceback
import alone, pack
def facts(module):
    spec, loader = module.__spec__, module.__loader__
    answer = {name: repr(value) for name, value in vars(spec).items()
              if name not in ("loader", "_cached")}
    answer["cached"] = spec.cached
    answer["dunder"] = [repr(getattr(module, name, None))
                        for name in ("__file__", "__cached__", "__path__", "__package__")]
    answer["loader"] = [type(loader).__module__, type(loader).__qualname__, repr(vars(loader))]
    answer["same"] = spec.loader is loader
    answer["source"] = [loader.get_source(module.__name__), inspect.getsource(module)]
    answer["data"] = loader.get_data(module.__file__).decode()
    answer["code"] = loader.get_code(module.__name__).co_filename
    answer["is_package"] = loader.is_package(module.__name__)
    found = repr(importlib.util.find_spec(module.__name__))
    answer["found"] = re.sub("0x[0-9a-f]+", "", found)
    answer["doc"] = module.__doc__
    return answer
answers = {name: facts(sys.modules[name]) for name in ("alone", "pack", "pack.inner")}
thing = pack.inner.Thing
assert pickle.loads(pickle.dumps(thing)) is thing
answers["class"] = [inspect.getsource(thing), inspect.getfile(thing)]
answers["resource"] = (importlib.resources.files("pack") / "data.txt").read_text()
try:
    pack.inner.fail()
except KeyError:
    answers["trace"] = traceback.format_exc()
answers["reloaded"] = importlib.reload(alone).VALUE
answers["names"] = sorted(sys.modules.keys() - {"surefoot._runtime.sealed_init"})
answers["pattern"] = alone.WORD.findall("Ab")
"""


def test_a_sealed_module_answers_every_question_as_an_unsealed_one(packages: Packages) -> None:
    packages.seal(("[a-z]+", 2))
    names = "show([served, answers])"
    served, sealed = packages.run(ASK + names)
    assert served == ["alone", "pack", "pack.inner"]
    _, unsealed = packages.run(ASK + names, sealed=False)
    assert sealed == unsealed


LOAD = "import alone, pack.inner\nshow([served, alone.VALUE, pack.VALUE, pack.inner.Thing.value])"


def test_modules_are_executed_from_the_sealed_file_alone(packages: Packages) -> None:
    packages.seal()
    source = (
        "opened = []\n"
        "sys.addaudithook(lambda event, words: event == 'open' and opened.append(str(words[0])))\n"
        "import alone, pack.inner\nshow([each for each in opened if packages in each])"
    )
    assert packages.run(source) == []
    assert packages.run(source, sealed=False) != []


@pytest.mark.parametrize(
    ("name", "unserved"),
    [("alone.py", "alone"), ("pack/__init__.py", "pack"), ("pack/inner.py", "pack.inner")],
)
class TestOutOfDate:
    def test_a_source_of_another_size_is_read_again(
        self, packages: Packages, name: str, unserved: str
    ) -> None:
        packages.seal()
        path = packages.folder / name
        times = path.stat().st_atime_ns, path.stat().st_mtime_ns
        path.write_text(path.read_text().replace("VALUE =", "VALUE = 7 +").replace("= 3", "= 77"))
        os.utime(path, ns=times)
        served, *values = packages.run(LOAD)
        assert unserved not in served
        assert len(served) == 2
        assert sum(values) > 6

    def test_a_source_of_another_time_is_read_again(
        self, packages: Packages, name: str, unserved: str
    ) -> None:
        packages.seal()
        path = packages.folder / name
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
        served, *values = packages.run(LOAD)
        assert unserved not in served
        assert values == [1, 2, 3]

    def test_an_image_has_times_in_whole_seconds(
        self, packages: Packages, name: str, unserved: str
    ) -> None:
        packages.seal()
        path = packages.folder / name
        os.utime(path, ns=(0, path.stat().st_mtime_ns // SECOND * SECOND))
        served, *_ = packages.run(LOAD)
        assert unserved in served

    def test_a_source_that_is_gone_is_missed_as_usual(
        self, packages: Packages, name: str, unserved: str
    ) -> None:
        packages.seal()
        (packages.folder / name).unlink()
        source = (
            f"try:\n    import alone, pack.inner\n    show(list(pack.__path__ or []))\n"
            f"except ImportError as error:\n    show(error.msg)\n# {unserved}"
        )
        assert packages.run(source) == packages.run(source, sealed=False)


# It finds nothing; the entry after it finds all.
OTHER_FINDER = """
sys.path_importer_cache[packages] = type("F", (), {"find_spec": lambda *_: None})()
sys.path.append(packages + "/")"""


class TestPrecedence:
    def test_an_earlier_folder_of_the_path_wins(self, packages: Packages, tmp_path: Path) -> None:
        packages.seal()
        (tmp_path / "first").mkdir()
        (tmp_path / "first" / "alone.py").write_text("VALUE = 9\n")
        source = f"sys.path.insert(0, {str(tmp_path / 'first')!r})\n"
        assert packages.run(source + LOAD) == [["pack", "pack.inner"], 9, 2, 3]

    def test_a_folder_that_is_filled_meanwhile_wins(
        self, packages: Packages, tmp_path: Path
    ) -> None:
        packages.seal()
        (tmp_path / "first").mkdir()
        (tmp_path / "first" / "other.py").write_text("")
        source = (
            f"first = {str(tmp_path / 'first')!r}\nsys.path.insert(0, first)\n"
            "import pack, os, importlib\nos.utime(first, (1, 1))\n"
            "open(first + '/alone.py', 'w').write('VALUE = 9')\nimportlib.invalidate_caches()\n"
        )
        assert packages.run(source + LOAD)[1] == 9

    def test_an_extension_module_next_to_the_source_wins(self, packages: Packages) -> None:
        packages.seal()
        (packages.folder / f"alone{EXTENSION_SUFFIXES[0]}").write_bytes(b"")
        source = "try:\n    import alone\nexcept ImportError: pass\nshow(served)"
        assert packages.run(source) == []

    def test_a_package_next_to_the_source_wins(self, packages: Packages) -> None:
        packages.seal()
        packages.write({"alone/__init__": "VALUE = 9\n"})
        assert packages.run(LOAD) == [["pack", "pack.inner"], 9, 2, 3]

    def test_another_file_in_the_folder_does_not_matter(self, packages: Packages) -> None:
        packages.seal()
        packages.write({"more": ""})
        assert packages.run(LOAD)[0] == ["alone", "pack", "pack.inner"]

    @pytest.mark.parametrize(
        "change",
        [
            "sys.path_hooks.insert(0, lambda path: (_ for _ in ()).throw(ImportError))",
            OTHER_FINDER,
            "sys.path[0] = packages + '/'",
            "import os; os.chdir(packages); sys.path[0] = ''",
            "sys.path.insert(0, packages + '/alone.py')",
        ],
    )
    def test_an_unusual_path_is_left_to_the_usual_finders(
        self, packages: Packages, change: str
    ) -> None:
        packages.seal()
        served, *values = packages.run(f"{change}\n{LOAD}")
        assert "alone" not in served
        assert values == [1, 2, 3]

    def test_a_finder_of_the_function_comes_first(self, packages: Packages) -> None:
        packages.seal()
        source = (
            "class Finder:\n"
            "    def find_spec(self, name, path=None, target=None):\n"
            "        asked.append(name)\n"
            "asked = []\nsys.meta_path.insert(0, Finder())\nimport alone\nshow(asked[:1])"
        )
        assert packages.run(source) == ["alone"]


def test_an_edited_module_is_reloaded_from_its_source(packages: Packages) -> None:
    packages.seal()
    source = (
        "import alone, importlib\nopen(alone.__file__, 'w').write('VALUE = 55555')\n"
        "show(importlib.reload(alone).VALUE)"
    )
    assert packages.run(source) == 55555


def test_after_init_nothing_is_served(packages: Packages) -> None:
    packages.seal()
    source = f"sealed_init.release()\nshow_later = finder in sys.meta_path\n{LOAD}"
    assert packages.run(source)[0] == []


class TestPatterns:
    SOURCE = (
        "import re, json\nengine, calls = re._compiler if hasattr(re, '_compiler') else None, []\n"
        "engine = engine or __import__('sre_compile')\nreal = engine.compile\n"
        "engine.compile = lambda *words: calls.append(words[0]) or real(*words)\n"
    )

    @pytest.mark.parametrize(
        ("pattern", "flags"),
        [("(?P<word>[a-zé]+)|(x)", 2), ("a{2,3}?", 0), (b"\\d+", 0), ("(?x) a  b", 0), ("", 0)],
    )
    def test_a_sealed_pattern_is_not_parsed_and_is_the_same(
        self, packages: Packages, pattern: str | bytes, flags: int
    ) -> None:
        import re

        packages.seal((pattern, flags), re=re.__file__)
        ask = (
            f"p = re.compile({pattern!r}, {flags})\n"
            "show([[p.flags, p.groups, dict(p.groupindex), repr(p), str(p.search(p.pattern))],"
            " [str(each) for each in calls]])"
        )
        sealed, parsed = packages.run(self.SOURCE + ask)
        unsealed, parsed_without = packages.run(self.SOURCE + ask, sealed=False)
        assert sealed == unsealed
        assert str(pattern) not in parsed
        assert str(pattern) in parsed_without

    def test_a_pattern_that_warns_still_warns(self, packages: Packages) -> None:
        packages.seal(("[[a]", 0))
        ask = (
            "import re, warnings\nwith warnings.catch_warnings(record=True) as caught:\n"
            "    warnings.simplefilter('always')\n    re.compile('[[a]')\nshow(len(caught))"
        )
        assert packages.run(ask) == 1


class TestUnusableFile:
    def assert_starts_without(self, packages: Packages) -> None:
        served, *values = packages.run(LOAD)
        assert served == []
        assert values == [1, 2, 3]

    def test_without_a_file_the_start_is_as_usual(self, packages: Packages) -> None:
        self.assert_starts_without(packages)

    @pytest.mark.parametrize("length", [0, 1, len(MAGIC), len(MAGIC) + 12, len(MAGIC) + 60])
    def test_a_truncated_file_is_not_used(self, packages: Packages, length: int) -> None:
        path = packages.seal()
        os.truncate(path, length)
        self.assert_starts_without(packages)

    def test_wherever_a_file_is_cut_the_modules_are_right(self, packages: Packages) -> None:
        content = packages.seal().read_bytes()
        for length in range(len(MAGIC) + 24, len(content), max(1, len(content) // 12)):
            packages.sealed.write_bytes(content[:length])
            assert packages.run(LOAD)[1:] == [1, 2, 3]

    def test_wherever_a_bit_is_wrong_the_modules_are_right(self, packages: Packages) -> None:
        content = packages.seal(("[a-z]+", 2)).read_bytes()
        for at in range(0, len(content), max(1, len(content) // 24)):
            damaged = bytearray(content)
            damaged[at] ^= 0x10
            packages.sealed.write_bytes(damaged)
            assert packages.run(LOAD)[1:] == [1, 2, 3]

    def test_that_of_another_interpreter_is_not_used(
        self, packages: Packages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(writer, "identity", lambda: "cpython\ncpython-39\n3.9\n0")
        packages.seal()
        self.assert_starts_without(packages)

    def test_that_of_another_format_is_not_used(self, packages: Packages) -> None:
        path = packages.seal()
        path.write_bytes(path.read_bytes().replace(MAGIC, MAGIC[:-2] + b"0\n"))
        self.assert_starts_without(packages)

    @pytest.mark.parametrize("mode", [0o666, 0o664, 0o646])
    def test_one_that_others_may_write_is_not_used(self, packages: Packages, mode: int) -> None:
        packages.seal().chmod(mode)
        self.assert_starts_without(packages)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
    def test_that_of_another_user_is_not_used(self, packages: Packages) -> None:
        os.chown(packages.seal(), 4242, 4242)
        self.assert_starts_without(packages)

    def test_a_folder_or_a_pipe_in_its_place_is_not_used(self, packages: Packages) -> None:
        packages.sealed.mkdir()
        self.assert_starts_without(packages)
        packages.sealed.rmdir()
        os.mkfifo(packages.sealed)
        self.assert_starts_without(packages)

    def test_checked_bytecode_and_a_cache_elsewhere_switch_it_off(self, packages: Packages) -> None:
        packages.seal()
        source = (
            "import _imp\nfinder.release()\nkept = _imp.check_hash_based_pycs\n"
            "_imp.check_hash_based_pycs = 'always'\nfirst = sealed_init.install(sealed)\n"
            "_imp.check_hash_based_pycs = kept\nsys.pycache_prefix = '/x'\n"
            "show([first, sealed_init.install(sealed)])"
        )
        assert packages.run(source) == [None, None]


def test_a_second_seal_changes_nothing(packages: Packages) -> None:
    path = packages.seal(("[a-z]+", 2))
    before = path.stat()
    packages.seal(("[a-z]+", 2))
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert path.stat().st_mode & 0o777 == 0o644


def test_code_is_the_same_in_whatever_order_it_is_read(
    packages: Packages, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.write({f"more{n}": f"VALUE = {'x' * 40 * n!r}\n" for n in range(30)})
    path = str(packages.seal())
    parts = [entry[4:] for entry in SealedFile(path).index["modules"].values()]
    for window in (1, 100, 300, 5000, 1 << 20):
        monkeypatch.setattr(sealed_file, "WINDOW_BYTES", window)
        file = SealedFile(path)
        names = [file.code(*part).co_filename for part in parts]
        assert [file.code(*part).co_filename for part in reversed(parts)] == names[::-1]
        file.release_code()
        assert file.code(*parts[0]).co_filename == names[0]


@pytest.mark.parametrize("order", ["as sealed", "reversed", "shuffled", "every second"])
def test_hardly_more_is_read_than_is_needed_in_whatever_order(
    packages: Packages, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    packages.write({f"more{n}": f"VALUE = {'x' * 3000!r} + {n}\n" for n in range(400)})
    path = str(packages.seal())
    parts = [entry[4:] for entry in SealedFile(path).index["modules"].values()]
    if order == "shuffled":
        random.Random(1).shuffle(parts)  # noqa: S311
    parts = {"reversed": parts[::-1], "every second": parts[::2]}.get(order, parts)
    read = []

    def preadv(descriptor: int, buffers: list[memoryview], offset: int) -> int:
        read.append(posix.preadv(descriptor, buffers, offset))
        return read[-1]

    def pread(descriptor: int, length: int, offset: int) -> bytes:
        read.append(length)
        return posix.pread(descriptor, length, offset)

    counting = types.SimpleNamespace(**{**vars(posix), "preadv": preadv, "pread": pread})
    monkeypatch.setattr(sealed_file, "posix", counting)
    file = SealedFile(path)
    assert all(file.code(*part) is not None for part in parts)
    assert sum(read) <= 1.5 * sum(length for _, length, _ in parts)


@pytest.mark.parametrize(
    ("now", "same"), [(7 * SECOND + 5, True), (7 * SECOND, True), (7 * SECOND + 4, False)]
)
def test_times_are_compared_to_the_fraction_unless_they_have_none(now: int, same: bool) -> None:
    assert is_same_time(now, 7 * SECOND + 5) is same
