"""AWS's name for start.py: debuggers and wrappers run it by its path, packages import it."""

import sys

# multiprocessing runs this file again, under another name, in each process that it spawns.
if __name__ == "__main__":
    from surefoot.__main__ import run

    run()
elif __name__ == "bootstrap":
    from surefoot.compat.names import load_bootstrap

    sys.modules[__name__] = load_bootstrap()
