"""The marshaller under AWS's names."""

from surefoot.compat.bootstrap import to_json
from surefoot.compat.runtime_client import LambdaMarshaller

__all__ = ["LambdaMarshaller", "to_json"]
