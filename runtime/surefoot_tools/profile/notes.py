"""Notes that a reader needs to interpret the profile."""

from __future__ import annotations

from ..console import join_names
from .importtime import Parsed
from .launch import Launch
from .probe_events import Details

NO_TIMES = (
    "No import times came: the function closed or redirected its stderr before they were written."
)


def collect_notes(launch: Launch, parsed: Parsed, details: Details, shown: set[str]) -> list[str]:
    """Return the notes.

    :param shown: names of the imports that the profile has
    """
    notes = []
    if launch.mode == "module":
        notes.append(
            "Started with python -m surefoot: there is no bootstrap next to the runtime here."
        )
    if not parsed.imports:
        notes.append(NO_TIMES)
    if parsed.foreign:
        notes.append(
            f"The function started other Python processes; their {len(parsed.foreign)} imports "
            "are left out."
        )
    unseen = [
        module.name
        for module in details.modules.values()
        if module.phase != "start" and module.name not in {*shown, "surefoot.__main__"}
    ]
    if unseen and parsed.imports:
        notes.append(
            f"Loaded by importlib.import_module(), which -X importtime does not see: "
            f"{join_names(unseen)}. Their time counts for the code that imported them."
        )
    if details.troubles:
        notes.append(
            f"No hints on unused imports: {'; '.join(details.troubles)}, so that not every call "
            "was seen."
        )
    return notes
