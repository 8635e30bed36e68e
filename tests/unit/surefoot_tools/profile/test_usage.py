from __future__ import annotations

from surefoot_tools.profile.usage import Source, read, unused


def source(text: str, *ran: int, name: str = "app", is_package: bool = False) -> Source:
    return read(name, text, is_package=is_package, ran=set(ran))


def names(*sources: Source) -> list[str]:
    return [each.bound for each in unused({each.name: each for each in sources})]


def test_a_name_that_nothing_mentions_is_unused() -> None:
    assert names(source("import json\nimport os.path\nfrom a import b as c, d\n")) == [
        "json",
        "os",
        "c",
        "d",
    ]


def test_a_name_that_the_module_itself_uses_is_used() -> None:
    assert names(source("import logging\nlog = logging.getLogger()\n")) == []
    assert names(source("import a\n@a.b\nclass C: pass\n")) == []
    assert names(source("from a import B\nclass C(B): pass\n")) == []
    assert names(source("import a\ndef f(x: a.T, y=1) -> None: pass\n")) == []


def test_a_name_in_a_function_is_used_if_the_function_ran() -> None:
    text = "import json\ndef handler(event, context):\n    return json.dumps(event)\n"
    assert names(source(text, 2)) == []
    assert names(source(text)) == ["json"]


def test_a_decorated_function_is_found_at_its_first_decorator() -> None:
    text = "import json\n@wraps\n@wraps\ndef handler():\n    return json\n"
    assert names(source(text, 2)) == []


def test_a_method_and_an_inner_function_count_by_themselves() -> None:
    text = "import a, b\nclass C:\n    def f(self):\n        def g(): return b\n        return a\n"
    assert names(source(text, 3)) == ["b"]
    assert names(source(text, 3, 4)) == []


def test_imports_in_functions_are_not_at_the_top() -> None:
    found = source("def f():\n    import json\n")
    assert names(found) == []
    assert [each.module for each in found.inner] == ["json"]


def test_in_doubt_a_name_is_used() -> None:
    assert names(source("from a import *\nimport b\n")) == []
    assert names(source("import b\nx = globals()\n")) == []
    assert names(source('import b\n__all__ = ["b"]\n')) == []


def test_a_name_that_another_module_takes_is_used() -> None:
    package = source("from .core import Thing\n", name="lib", is_package=True)
    assert names(package) == ["Thing"]
    assert names(package, source("from lib import Thing\nThing()\n")) == []
    assert names(package, source("import lib\nlib.Thing()\n")) == []
    assert names(package, source("from lib import *\n")) == []


def test_relative_imports_are_resolved() -> None:
    found = source("from . import b\nfrom .c import d\nfrom .. import e\n", name="pkg.sub.mod")
    assert [each.targets for each in found.statements] == [
        ("pkg.sub", "pkg.sub.b"),
        ("pkg.sub.c", "pkg.sub.c.d"),
        ("pkg", "pkg.e"),
    ]


def test_future_imports_are_no_imports() -> None:
    assert names(source("from __future__ import annotations\n")) == []
