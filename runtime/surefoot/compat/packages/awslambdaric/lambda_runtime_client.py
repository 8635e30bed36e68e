"""The client under AWS's names."""

from surefoot.compat.names import load_bootstrap
from surefoot.compat.runtime_client import LambdaMarshaller, LambdaRuntimeClient

load_bootstrap()

__all__ = ["LambdaMarshaller", "LambdaRuntimeClient"]
