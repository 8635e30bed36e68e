"""Builds ``start.pyc``: the modules of a cold start in one file.

Looking up, opening and reading a file for each of them takes a millisecond of every cold start, and
more if image blocks are loaded on demand. The interpreter runs a .pyc like a script, so one read
brings them all. Run in the image's build, next to the sources:
``python -m surefoot_tools.seal.start_bundle /var/runtime``. Other modules are found as usual.
"""

import importlib.util
import marshal
import sys
from pathlib import Path

from surefoot._runtime.late import NAMES

# The modules loaded before the first event, each after what it imports; a test compares the list
# with a real start. The last one starts the runtime.
MODULES = (
    "surefoot",
    "surefoot.errors",
    "surefoot._process",
    "surefoot._process.ownership",
    "surefoot._process.polling",
    "surefoot._process.operator_log",
    "surefoot._payload",
    "surefoot._payload.marshaller",
    "surefoot._runtime_api",
    "surefoot._runtime_api.invocation",
    "surefoot._runtime_api.http1",
    "surefoot._runtime_api.client",
    "surefoot._runtime_api.transport",
    "surefoot._runtime",
    "surefoot._runtime.import_hook",
    "surefoot._runtime.module_path",
    "surefoot._runtime.config",
    "surefoot._runtime.deadline",
    "surefoot._runtime.logs",
    "surefoot._runtime.logs.streams",
    "surefoot._runtime.late",
    "surefoot._runtime.context",
    "surefoot._runtime.handlers",
    "surefoot._runtime.handlers.results",
    "surefoot._runtime.handlers.resolve",
    "surefoot._runtime.loop",
    "surefoot._runtime.xray",
    "surefoot._runtime.bootstrap",
    "surefoot.__main__",
)

# The start itself. The constant BUNDLE is replaced by the modules: name, file, whether it is a
# package, code; LATE by what becomes a module with the first failure only (see late). They are made
# without the import system, whose look-ups take longer. multiprocessing runs the file again, under
# another name, in each process that it spawns.
_START = """
if __name__ == "__main__":
    import gc
    import sys
    from _frozen_importlib import ModuleSpec

    # All of this stays: a collection would look through it and find nothing.
    is_enabled = gc.isenabled()
    gc.disable()
    for name, file, is_package, code in "BUNDLE":
        spec = ModuleSpec(name, None, origin=file, is_package=is_package)
        spec.has_location = True
        module = type(sys)(name)
        module.__spec__ = spec
        module.__file__ = file
        module.__package__ = spec.parent
        if is_package:
            module.__path__ = spec.submodule_search_locations = [file.rpartition("/")[0]]
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
        sys.modules[name] = module
        exec(code, module.__dict__)
        if name == "surefoot._runtime.late":
            module.keep("LATE")
    sys.modules["surefoot._runtime.bootstrap"].slow_down_gc()
    if is_enabled:
        gc.enable()
    module.run()
"""


def build_start_bundle(runtime: Path) -> Path:
    """Write ``start.pyc`` next to ``runtime/start.py`` for this interpreter; return its path.

    It holds no docstrings, and is never compared with the sources.

    :param runtime: the directory that holds the surefoot package at run time
    :raises OSError: a source cannot be read, or the file cannot be written
    """
    modules = tuple(_compile(runtime, name) for name in MODULES)
    late = tuple(
        (name, file, marshal.dumps(code))  # type: ignore[arg-type]  # it is a code object
        for name, file, _, code in (_compile(runtime, name) for name in NAMES)
    )
    start = compile(_START, str(runtime / "start.py"), "exec", dont_inherit=True, optimize=2)
    parts = {"BUNDLE": modules, "LATE": late}
    constants = tuple(
        parts.get(each, each) if isinstance(each, str) else each for each in start.co_consts
    )
    # PEP 552: flag 1 and 8 bytes of hash, unchecked.
    header = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)
    target = runtime / "start.pyc"
    target.write_bytes(header + marshal.dumps(start.replace(co_consts=constants)))
    return target


def _compile(runtime: Path, name: str) -> tuple[str, str, bool, object]:
    place = runtime.joinpath(*name.split("."))
    is_package = place.is_dir()
    file = place / "__init__.py" if is_package else place.with_suffix(".py")
    code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True, optimize=2)
    return name, str(file), is_package, code


if __name__ == "__main__":
    sys.stdout.write(f"{build_start_bundle(Path(sys.argv[1]).resolve())}\n")
