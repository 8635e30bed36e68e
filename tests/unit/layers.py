"""The layers of the runtime, and what its modules may touch. Imports only point downward."""

from __future__ import annotations

# A package stands for all its modules but those that are named themselves.
LAYERS: tuple[frozenset[str], ...] = tuple(
    map(
        frozenset,
        (
            [
                "",
                "errors",
                "config",
                "invocation",
                "head",
                "import_hook",
                "late",
                "ownership",
                "polling",
                "prefetch",
                "signals",
            ],  # "" is the package itself
            [
                *["wire", "marshal", "jsonexact", "jsonfast", "jsonfault", "context", "frames"],
                *["report", "stream", "deadline", "fakecontext", "logs"],
            ],
            ["transport", "drain", "handlers", "alarm"],
            ["client", "handlers.adapt", "lifecycle", "testing"],
            ["loop", "places"],
            ["concurrent"],
            ["workers"],
            ["boot", "sitepath", "traceid"],
            ["__main__"],
        ),
    )
)

# What function authors import; no start of a function loads it.
TOOLS = frozenset(["kit"])

# Imports of the module itself, at whatever depth in its code.
SOCKET_MODULES = frozenset(["socket", "_socket", "ssl", "http", "urllib", "asyncio.streams"])
# The worker's own socket is the channel on which Lambda provides its log, no connection to an API.
SOCKET_USERS = frozenset(["transport", "drain", "workers.output"])

# boot hands the environment over and sets the trace id; the shell's child needs that one, too.
ENVIRONMENT_READERS = frozenset(["boot", "handlers.shell", "traceid"])

# What a function of no needs may find loaded besides a bare interpreter's modules. A module that
# is added here is paid by every cold start: measure it first.
EAGER = frozenset(
    [
        "surefoot",
        *[
            f"surefoot.{name}"
            for name in (
                *["__main__", "boot", "client", "config", "context", "deadline", "drain", "errors"],
                *["handlers", "handlers.adapt", "handlers.resolve", "head", "import_hook"],
                *["invocation", "late", "logs", "logs.streams", "loop", "marshal", "ownership"],
                *["polling", "sitepath", "traceid", "transport", "wire"],
            )
        ],
        *["_json", "_sitebuiltins", "_socket"],
        "gc",
        "faulthandler",
    ]
)
