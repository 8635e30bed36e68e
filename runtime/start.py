"""What bootstrap runs: its directory, this one, becomes the first entry of sys.path."""

import surefoot.__main__  # noqa: F401
