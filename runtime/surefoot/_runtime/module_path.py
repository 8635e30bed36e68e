"""The module search path: the function's modules first, site-packages as Python would have them.

The image starts the interpreter without its ``site`` module, which saves 4 ms. What a function sees
must not depend on that, so what ``site`` would have done is done here: by a short cut in the plain
case (a site-packages directory of ordinary packages), else by running ``site`` itself.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

_LAYERS = "/opt/python"
# What other packages import under AWS's names: see compat.
_COMPAT = "/surefoot/compat/packages"
# The image's own: it leads a plain interpreter to surefoot and to _COMPAT, a start knows them.
_OWN_PATH_FILE = "surefoot.pth"


def prepare(working_directory: str, task_root: str, environ: "Mapping[str, str]") -> None:
    """Put the task root and site-packages on sys.path.

    ``python -m`` would find modules in the working directory first, so it leads; the task root
    follows where it is another directory.
    """
    path = sys.path
    if path and path[0] in ("", working_directory):
        del path[0]
    runtime = __file__.rpartition("/surefoot/")[0]
    # The runtime's own directory would shadow nothing, but slow down the function's imports. A
    # path file may name it once more.
    while runtime in path:
        path.remove(runtime)
    path.append(runtime)
    if sys.flags.no_site:
        _add_site(path, environ)
    # Last: an awslambdaric that is installed comes first.
    compat = runtime + _COMPAT
    if compat in path:
        path.remove(compat)
    path.append(compat)
    own = [working_directory]
    if task_root and task_root not in path and task_root != working_directory:
        own.append(task_root)
    path[:0] = own + _layers()
    _follow_path_files(own)


def _layers() -> list[str]:
    """Return the folders of layers that were copied into the image, as AWS's Python images have it.

    Source: AWS Lambda Developer Guide, "Working with layers for Python Lambda functions".
    """
    import posix

    if not posix.access(_LAYERS, posix.F_OK):
        return []
    return ["{}/lib/python{}.{}/site-packages".format(_LAYERS, *sys.version_info[:2]), _LAYERS]


def _follow_path_files(folders: list[str]) -> None:
    """Add what .pth files next to the function name: pip puts some there with ``-t``."""
    import posix

    for folder in folders:
        try:
            names = posix.listdir(folder)
        except OSError:
            continue
        if any(name.endswith(".pth") for name in names):
            import site

            site.addsitedir(folder)


def _add_site(path: list[str], environ: "Mapping[str, str]") -> None:
    packages = "{}/lib/python{}.{}/site-packages".format(sys.prefix, *sys.version_info[:2])
    if _is_plain(packages, environ):
        path.append(packages)
        import _sitebuiltins
        import builtins

        for name in ("exit", "quit"):
            # Functions do call exit(); to Python it is no keyword but a gift of ``site``.
            setattr(builtins, name, _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)"))
        builtins.help = _sitebuiltins._Helper()  # noqa: SLF001  (it has no other name)
    else:
        import site

        site.main()


def _is_plain(packages: str, environ: "Mapping[str, str]") -> bool:
    # Directories of PYTHONPATH may hold a sitecustomize; layers for observability rely on it.
    if "PYTHONPATH" in environ or "PYTHONUSERBASE" in environ:
        return False
    import posix

    user_site = "/.local/lib/python{}.{}/site-packages".format(*sys.version_info[:2])
    if posix.access(environ.get("HOME", "") + user_site, posix.F_OK):
        return False
    home = sys.executable.rpartition("/")[0]
    try:
        names = posix.listdir(packages)
    except OSError:
        # Debian keeps its packages elsewhere; only its own site module knows where.
        return False
    if any(name.endswith((".pth", "customize.py")) and name != _OWN_PATH_FILE for name in names):
        return False
    # A virtual environment is recognised by this file, next to the interpreter or above it.
    for place in (home, home.rpartition("/")[0]):
        try:
            posix.stat(f"{place}/pyvenv.cfg")
            return False
        except OSError:
            continue
    return True


def give_children_their_site(subprocess: "ModuleType") -> None:
    """Keep this interpreter's -S from the interpreters that multiprocessing and joblib start.

    They take over the flags of their parent, and would find no packages.

    :param subprocess: the module, which knows the flags
    """
    flags = subprocess._args_from_interpreter_flags  # noqa: SLF001  (multiprocessing's source)

    def flags_without_no_site() -> list[str]:
        return [flag for flag in flags() if flag != "-S"]

    subprocess._args_from_interpreter_flags = flags_without_no_site  # type: ignore[attr-defined]  # noqa: SLF001
