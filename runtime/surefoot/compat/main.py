"""What stands for awslambdaric.__main__, which AWS's images have as ``awslambdaricmain``."""

from . import bootstrap
from .runtime_client import LambdaRuntimeClient

__all__ = ["LambdaRuntimeClient", "bootstrap"]
