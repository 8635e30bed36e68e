"""Hands out the modules in which other packages look for AWS's client."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

# What a module of the real package shares with us, if it is installed next to surefoot. The names
# are ours from the moment of its loading on, so that what is replaced there has an effect.
_SHARED = {
    "lambda_context": ("lambda_context", "LambdaContext"),
    "lambda_runtime_client": ("runtime_client", "LambdaRuntimeClient"),
    "lambda_runtime_exception": ("faults", "FaultException"),
}


def find(name: str) -> "ModuleType":
    """Return what the main module of AWS's client has under a name.

    :param name: bootstrap, as with ``python -m awslambdaric``; or awslambdaricmain, which is the
        main module of that package in AWS's own images
    """
    bootstrap = load_bootstrap()
    if name == "bootstrap":
        return bootstrap
    from . import main

    return main


def load_bootstrap() -> "ModuleType":
    """Return the module that stands for awslambdaric.bootstrap, and have its names looked at."""
    from . import bootstrap, wrappers

    wrappers.use()
    return bootstrap


def take_over(module: "ModuleType") -> None:
    """Make a module of awslambdaric, which has just been loaded, one with ours."""
    name = module.__name__.rpartition(".")[2]
    if name == "bootstrap":
        ours = load_bootstrap()
        if module is not ours:
            ours.real = module  # type: ignore[attr-defined]
            # The import system returns what is here when a module has been loaded.
            sys.modules[module.__name__] = ours
        return
    source, shared = _SHARED[name]
    if name == "lambda_runtime_client":
        load_bootstrap()
    found = __import__(f"{__package__}.{source}", fromlist=[shared])
    setattr(module, shared, getattr(found, shared))
