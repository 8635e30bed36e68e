"""Sets ``logging`` up at the moment the function first imports it.

The import costs 15 ms, and a function that never logs should not pay them.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from . import Log


class LoggingHook:
    """A finder that stands first in sys.meta_path until ``logging`` has been found."""

    def __init__(self, log: "Log") -> None:
        self.log = log

    def find_spec(
        self,
        name: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        """Let the other finders find ``logging``, and have it set up once it is loaded."""
        if name != "logging":
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                self._wrap(spec.loader)
                return spec
        return None

    def _wrap(self, loader: object) -> None:
        log = self.log
        execute = loader.exec_module  # type: ignore[attr-defined]

        def exec_module(module: "ModuleType") -> None:
            execute(module)
            from .setup import configure

            configure(log)

        # On the loader object alone, which serves this one module.
        loader.exec_module = exec_module  # type: ignore[attr-defined]


def install(log: "Log") -> None:
    """Set ``logging`` up now if somebody has imported it already, else when it is imported."""
    if "logging" in sys.modules:
        from .setup import configure

        configure(log)
    else:
        sys.meta_path.insert(0, LoggingHook(log))
