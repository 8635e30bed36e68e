"""surefoot: a Lambda runtime for Python that starts fast and explains errors.

The package is the runtime itself (``python -m surefoot app.handler``) and the small public API that
functions import: the names of ``__all__``. Importing it costs next to nothing, in Lambda or in a
unit test: every public name is loaded when it is first used (PEP 562).
"""

__version__ = "0.1.0"

__all__ = [
    "Budget",
    "ContentType",
    "ContinuationError",
    "DeadlineExceeded",
    "Fault",
    "HttpPrelude",
    "LambdaContext",
    "Marshaller",
    "NoProgress",
    "Resumable",
    "after_restore",
    "around_invocation",
    "before_snapshot",
    "on_shutdown",
    "testing",
    "use_marshaller",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import testing
    from ._payload.marshaller import Marshaller, use_marshaller
    from ._runtime.around import around_invocation
    from ._runtime.context import LambdaContext
    from ._runtime_api.streaming import ContentType, HttpPrelude
    from .errors import DeadlineExceeded, Fault
    from .kit.resumable import ContinuationError, NoProgress, Resumable
    from .kit.time_budget import Budget
    from .lifecycle import after_restore, before_snapshot, on_shutdown
else:
    # Hidden from type checkers, which would allow any name to be imported otherwise.
    _MODULE_OF = {
        "Budget": "kit.time_budget",
        "ContentType": "_runtime_api.streaming",
        "ContinuationError": "kit.resumable",
        "DeadlineExceeded": "errors",
        "Fault": "errors",
        "HttpPrelude": "_runtime_api.streaming",
        "LambdaContext": "_runtime.context",
        "Marshaller": "_payload.marshaller",
        "use_marshaller": "_payload.marshaller",
        "NoProgress": "kit.resumable",
        "Resumable": "kit.resumable",
        "after_restore": "lifecycle",
        "around_invocation": "_runtime.around",
        "before_snapshot": "lifecycle",
        "on_shutdown": "lifecycle",
        "testing": "testing",
    }

    def __getattr__(name: str) -> object:
        module_name = _MODULE_OF.get(name)
        if module_name is None:
            raise AttributeError(
                f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}"
            )
        # Not importlib.import_module(): that package costs more than all this.
        module = __import__(f"{__name__}.{module_name}", fromlist=[name])
        value = module if name == module_name else getattr(module, name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
