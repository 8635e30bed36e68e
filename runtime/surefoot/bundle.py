"""Builds ``start.pyc``: the modules of a cold start in one file.

Each of them would cost the look-up, opening and reading of a file of its own, together a
millisecond of every cold start, and more where image blocks are loaded on demand. The interpreter
runs a .pyc like a script, so one read brings them all. Run in the image build, next to the sources:
``python -m surefoot.bundle /var/runtime``. Modules that are not in it are found as ever.
"""

import importlib.util
import marshal
import sys
from pathlib import Path

# What is loaded before the first event is handled; a test compares it with what really is.
MODULES = (
    "surefoot",
    "surefoot.__main__",
    "surefoot.boot",
    "surefoot.client",
    "surefoot.config",
    "surefoot.context",
    "surefoot.deadline",
    "surefoot.errors",
    "surefoot.handlers",
    "surefoot.handlers.adapt",
    "surefoot.handlers.resolve",
    "surefoot.invocation",
    "surefoot.logs",
    "surefoot.logs.hook",
    "surefoot.loop",
    "surefoot.marshal",
    "surefoot.sitepath",
    "surefoot.transport",
    "surefoot.wire",
)

# The start itself. BUNDLE stands where its constants get the modules: name → (file, is it a
# package, code).
_START = """
import sys
from _frozen_importlib import ModuleSpec

class Bundle:
    def __init__(self, modules):
        self.modules = modules
    def find_spec(self, name, path=None, target=None):
        if name not in self.modules:
            return None
        file, is_package, _ = self.modules[name]
        spec = ModuleSpec(name, self, origin=file, is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations.append(file.rpartition("/")[0])
        return spec
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        exec(self.modules[module.__name__][2], module.__dict__)

sys.meta_path.insert(0, Bundle(dict("BUNDLE")))
import surefoot.__main__
"""


def bundle(runtime: Path) -> Path:
    """Write ``start.pyc`` next to ``runtime/start.py`` for this interpreter; return its path.

    It holds no docstrings, and is never compared with the sources again.

    :param runtime: the directory that holds the surefoot package, where it will lie at run time
    :raises OSError: a source cannot be read, or the file not be written
    """
    modules = tuple((name, _compiled(runtime, name)) for name in MODULES)
    start = compile(_START, str(runtime / "start.py"), "exec", dont_inherit=True, optimize=2)
    constants = tuple(modules if each == "BUNDLE" else each for each in start.co_consts)
    # PEP 552: flag 1 and 8 bytes of hash that nobody checks.
    header = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
    target = runtime / "start.pyc"
    target.write_bytes(header + marshal.dumps(start.replace(co_consts=constants)))
    return target


def _compiled(runtime: Path, name: str) -> tuple[str, bool, object]:
    place = runtime.joinpath(*name.split("."))
    is_package = place.is_dir()
    file = place / "__init__.py" if is_package else place.with_suffix(".py")
    code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True, optimize=2)
    return str(file), is_package, code


if __name__ == "__main__":
    sys.stdout.write(f"{bundle(Path(sys.argv[1]).resolve())}\n")
