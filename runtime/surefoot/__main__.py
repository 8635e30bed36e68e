"""``python -m surefoot module.handler``."""

import posix
import sys


def run() -> None:
    """Run the runtime with the arguments of this process; exit with its code."""
    # Before anything else is loaded: what a start reads is fetched while it goes on.
    if posix.access(__file__.rpartition("/surefoot/")[0] + "/.surefoot-seal", posix.R_OK):
        from ._runtime import readahead

        readahead.start()
        # Before anything of the function's is loaded, and after reading ahead began.
        from ._runtime import sealed_init

        sealed_init.install(f"{readahead.RECORD}.init")

    from ._runtime.bootstrap import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
