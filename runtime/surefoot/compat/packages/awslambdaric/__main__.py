"""``python -m awslambdaric app.handler``, on surefoot."""

import sys

if __name__ == "__main__":
    from surefoot.__main__ import run

    run()
else:
    from surefoot.compat.names import find

    sys.modules[__name__] = find("awslambdaricmain")
