"""The local bench: run and invoke a function on this machine as Lambda would."""

import sys

from rie.paths import ROOT

# The runtime lies in this checkout and need not be installed: its doctor and kit serve here.
if (_runtime := str(ROOT / "runtime")) not in sys.path:
    sys.path.append(_runtime)
