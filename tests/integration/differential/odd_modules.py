"""Modules that cannot be kept as files: they do not compile, or their names are no names."""

from __future__ import annotations

OK = "def h(event, context):\n    return __name__\n"

KINDS = """
import functools

class Kinds:
    def __init__(self, *arguments):
        self.arguments = arguments
    def __call__(self, event, context):
        return ["instance", event]
    def method(self, event, context):
        return ["method", event]
    @staticmethod
    def static(event, context):
        return ["static", event]
    def _asdict(self):
        return {"event": self.arguments[0]}

instance = Kinds()
method = Kinds().method
static = Kinds.static
partial = functools.partial(lambda first, event, context: [first, event], "first")
variadic = lambda *arguments: len(arguments)
defaults = lambda event, context, more=1: more
one = lambda event: 1
keywords = lambda *, event, context: 1

@functools.lru_cache(maxsize=None)
def cached(event, context):
    return event

@functools.wraps(static)
def wrapped(event, context):
    return static(event, context)
"""

ODD_MODULES = {
    "kinds.py": KINDS,
    "ok.py": OK + "number = 5\nnone = None\ndef takes_none():\n    pass\n",
    "a/b.py": OK,
    "pkg/__init__.py": "h = lambda event, context: 'package'\n",
    "pkg/mod.py": OK,
    "pkg/relative.py": "from . import mod\nfrom .mod import h\n",
    "namespace/inner/mod.py": OK,
    "my-app.py": OK,
    "with-dash/my.mod.py": OK,
    "with-dash/mod-2.py": OK,
    "_under.py": OK,
    "größe.py": OK,
    "syntax.py": "x = 1\ndef broken(:\n    pass\n",
    "indent.py": "def h(event, context):\nreturn 1\n",
    "tabs.py": "if 1:\n        a = 1\n\tb = 2\n",
    "unterminated.py": 'text = """abc\n',
    "nul.py": "x = 1\0\n",
    "imports_syntax.py": "import syntax\n",
    "imports_missing.py": "import json\nimport not_installed.really\n",
    "imports_name.py": "from json import no_such_name\n",
    "deep_import.py": "import imports_missing\n",
    "raises.py": "def inner():\n    raise ValueError('at import')\ninner()\n",
    "raises_nothing.py": "raise RuntimeError\n",
    "raises_key.py": "raise KeyError('missing')\n",
    "raises_unicode.py": "raise ValueError('é 日 😀')\n",
    "raises_class.py": "class Mine(Exception):\n    pass\nraise Mine('one', 2)\n",
    "raises_attribute.py": "import json\njson.no_such_attribute\n",
    "raises_deep.py": "import raises\n",
    "raises_logged.py": (
        "import logging\nlogging.warning('before %s', 1)\nprint('printed')\n"
        "raise OSError(2, 'gone')\n"
    ),
    "raises_os.py": "open('/nonexistent/file')\n",
    "raises_assert.py": "assert 1 == 2, 'no'\n",
    "raises_import_error.py": "raise ImportError('of my own')\n",
    "system_exit.py": "import sys\nsys.exit('bye')\n",
    "system_exit_zero.py": "raise SystemExit\n",
    "interrupted.py": "raise KeyboardInterrupt\n",
    "base_exception.py": "class Base(BaseException):\n    pass\nraise Base('at import')\n",
    "breaking_message.py": "raise ValueError('one\\r\\ntwo')\n",
    "breaking_name.py": "raise type('Bad\\r\\nName', (Exception,), {})('text')\n",
    "unicode_name.py": "class Größe日(Exception):\n    pass\nraise Größe日('text')\n",
    "surrogate_message.py": "raise ValueError('\\ud800')\n",
    "str_raises.py": (
        "class Mute(Exception):\n    def __str__(self):\n        raise ValueError('mute')\n"
        "raise Mute\n"
    ),
    "getattr_raises.py": "def __getattr__(name):\n    raise ValueError(name)\n",
}
