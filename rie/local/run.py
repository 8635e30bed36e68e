"""`rie run`: starts a function and keeps it running until Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypedDict

from rie.console import print_progress
from rie.errors import UserError
from rie.function import Function, find
from rie.local.environment import parse_variables, read_env_file
from rie.local.run_arguments import add_arguments
