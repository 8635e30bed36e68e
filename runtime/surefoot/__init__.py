"""surefoot: a Lambda runtime for Python that starts fast and says what went wrong.

The package is the runtime itself (``python -m surefoot app.handler``) and the small public API that
functions import: the names of ``__all__``. Importing it costs next to nothing, in Lambda or in a
unit test: every public name is loaded when it is first used (PEP 562).
"""

__version__ = "0.1.0"

__all__ = [
    "Budget",
    "ContinuationError",
    "DeadlineExceeded",
    "Fault",
    "HttpPrelude",
    "LambdaContext",
    "Marshaller",
    "NoProgress",
    "Resumable",
    "after_restore",
    "before_snapshot",
    "on_shutdown",
    "remaining",
    "testing",
    "use_marshaller",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import testing
    from .context import LambdaContext
    from .errors import DeadlineExceeded, Fault
    from .kit.continuation import ContinuationError
    from .kit.resumable import NoProgress, Resumable
    from .kit.time_budget import Budget, remaining
    from .lifecycle import after_restore, before_snapshot, on_shutdown
    from .marshal import Marshaller, use_marshaller
    from .stream import HttpPrelude
else:
    # Hidden from type checkers, which would take it as leave to import any name at all.
    _HOMES = {
        "Budget": "kit.time_budget",
        "ContinuationError": "kit.continuation",
        "DeadlineExceeded": "errors",
        "Fault": "errors",
        "HttpPrelude": "stream",
        "LambdaContext": "context",
        "Marshaller": "marshal",
        "use_marshaller": "marshal",
        "NoProgress": "kit.resumable",
        "Resumable": "kit.resumable",
        "after_restore": "lifecycle",
        "before_snapshot": "lifecycle",
        "on_shutdown": "lifecycle",
        "remaining": "kit.time_budget",
        "testing": "testing",
    }

    def __getattr__(name: str) -> object:
        home = _HOMES.get(name)
        if home is None:
            raise AttributeError(
                f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}"
            )
        # Not importlib.import_module(): that package costs more than all this.
        module = __import__(f"{__name__}.{home}", fromlist=[name])
        value = module if name == home else getattr(module, name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
