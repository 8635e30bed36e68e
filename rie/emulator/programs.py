"""Which programs an environment starts for a function."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from rie.emulator.processes import Program
from rie.emulator.settings import OPT, FunctionSettings


async def make_runtime(settings: FunctionSettings, environment: Mapping[str, str]) -> Program:
    """The runtime of a function, with its extensions."""
    function, named = settings.function, settings.function.handler and not settings.zipped
    command = [function.handler] if named else []
    if settings.image:
        return Program(
            "runtime",
            command,
            Path("/"),
            environment,
            settings.image,
            settings.memory_mb,
            settings.entrypoint,
            settings.mounts,
            await _find_extensions_of_image(settings),
        )
    return Program(
        "runtime",
        [*settings.command, *command],
        function.directory,
        environment,
        extensions=[str(path) for path in _find_extensions(settings.opt / "extensions")],
    )


async def _find_extensions_of_image(settings: FunctionSettings) -> Sequence[str]:
    from docker.errors import DockerException

    from rie.emulator.shared_container import EXTENSIONS, find_extensions

    if str(OPT) in settings.mounts:  # in place of the image's own
        folder = settings.opt / "extensions"
        return [f"{EXTENSIONS}/{path.name}" for path in _find_extensions(folder)]
    try:
        return await asyncio.to_thread(find_extensions, settings.image)
    except DockerException:
        return []  # the container will not start either, and that is reported


def _find_extensions(folder: Path) -> list[Path]:
    """The programs in the folder of extensions, by name."""
    if not folder.is_dir():
        return []
    found = sorted(folder.iterdir())
    return [path for path in found if path.is_file() and os.access(path, os.X_OK)]
