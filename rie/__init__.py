"""Run, compare, push and deploy Lambda functions from this checkout."""

import sys

from rie.paths import ROOT

# The runtime is in this checkout and need not be installed: rie uses its doctor and its kit.
if (_runtime := str(ROOT / "runtime")) not in sys.path:
    sys.path.append(_runtime)
