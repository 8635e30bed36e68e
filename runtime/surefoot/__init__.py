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
    from ._payload.marshaller import Marshaller, use_marshaller
    from ._runtime.context import LambdaContext
    from ._runtime_api.streaming import HttpPrelude
    from .batch import NoProgress, Resumable
    from .budget import Budget, remaining
    from .continuation import ContinuationError
    from .errors import DeadlineExceeded, Fault
    from .lifecycle import after_restore, before_snapshot, on_shutdown
else:
    # Hidden from type checkers, which would take it as leave to import any name at all.
    _MODULE_OF = {
        "Budget": "budget",
        "ContinuationError": "continuation",
        "DeadlineExceeded": "errors",
        "Fault": "errors",
        "HttpPrelude": "_runtime_api.streaming",
        "LambdaContext": "_runtime.context",
        "Marshaller": "_payload.marshaller",
        "use_marshaller": "_payload.marshaller",
        "NoProgress": "batch",
        "Resumable": "batch",
        "after_restore": "lifecycle",
        "before_snapshot": "lifecycle",
        "on_shutdown": "lifecycle",
        "remaining": "budget",
        "testing": "testing",
    }

    def __getattr__(name: str) -> object:
        home = _MODULE_OF.get(name)
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
