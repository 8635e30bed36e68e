"""A Python installation as the image has it: complete, and without a single package."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

# The interpreter behind the virtual environment, if this is one.
BASE_PYTHON = str(Path(sys.executable).resolve())


def make_home(root: Path) -> Path:
    """Fill `root` with this Python's standard library, linked; return it, for PYTHONHOME."""
    library = root / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    library.mkdir(parents=True)
    for directory in {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}:
        # In a virtual environment the second is the environment's own, and holds nothing.
        for entry in Path(directory).glob("*") if Path(directory, "os.py").exists() else ():
            if entry.name not in {"site-packages", "dist-packages", "sitecustomize.py"}:
                (library / entry.name).symlink_to(entry)
    (library / "site-packages").mkdir()
    return root
