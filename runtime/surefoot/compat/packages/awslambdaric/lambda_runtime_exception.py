"""The exception under AWS's names."""

from surefoot.compat.faults import FaultException

__all__ = ["FaultException"]
