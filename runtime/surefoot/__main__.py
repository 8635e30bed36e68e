"""``python -m surefoot module.handler``"""

import sys

from .boot import main

sys.exit(main(sys.argv[1:]))
