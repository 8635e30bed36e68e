"""Acts on some modules at the moment the function first imports them.

``logging`` alone costs 15 ms; a function that never logs should not pay them.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    Actions = dict[str, Callable[[ModuleType], None]]


class ImportHook:
    """A finder that stands first in sys.meta_path until all of its modules have been found."""

    def __init__(self, actions: "Actions") -> None:
        self.actions = actions
        self._searched: set[str] = set()

    def find_spec(
        self,
        name: str,
        path: "Sequence[str] | None" = None,
        target: "ModuleType | None" = None,
    ) -> "ModuleSpec | None":
        """Let the other finders find a module, and act on it once it is loaded."""
        if name not in self.actions or name in self._searched:
            return None
        # Another finder of this kind asks all others in turn, and with them this one.
        self._searched.add(name)
        try:
            for finder in list(sys.meta_path):
                spec = finder.find_spec(name, path, target)
                if spec is not None and spec.loader is not None:
                    self._act_after_loading(spec.loader)
                    return spec
        finally:
            self._searched.discard(name)
        return None

    def _act_after_loading(self, loader: object) -> None:
        execute = loader.exec_module  # type: ignore[attr-defined]

        def exec_module(module: "ModuleType") -> None:
            execute(module)
            # Being looked for is not being loaded, and it may be loaded twice.
            action = self.actions.pop(module.__name__, None)
            if action is not None:
                action(module)
            if not self.actions and self in sys.meta_path:
                sys.meta_path.remove(self)

        # On the loader object alone, which serves this one module.
        loader.exec_module = exec_module  # type: ignore[attr-defined]


def install(actions: "Actions") -> None:
    """Act on those of the modules that are loaded already, and on the others when they are.

    :param actions: what to call with a module, by the module's name
    """
    waiting = {}
    for name, action in actions.items():
        module = sys.modules.get(name)
        if module is None:
            waiting[name] = action
        else:
            action(module)
    if waiting:
        sys.meta_path.insert(0, ImportHook(waiting))
