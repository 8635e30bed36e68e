"""Stands for the module of AWS's client: the import system returns what is put here."""

import sys

from surefoot.compat.names import load_bootstrap

sys.modules[__name__] = load_bootstrap()
