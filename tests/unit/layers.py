"""The layers of the runtime, and what its modules may touch. Imports only point downward."""

from __future__ import annotations

import sys

# A package stands for all its modules but those that are named themselves.
LAYERS: tuple[frozenset[str], ...] = tuple(
    map(
        frozenset,
        (
            ["", "errors"],  # "" is the package itself
            ["_process"],
            ["_payload.json_encoder", "_payload.json_errors", "_payload.orjson_backend"],
            ["_payload"],
            ["_runtime_api.frames", "_runtime_api.invocation", "_runtime_api.streaming"],
            ["_runtime_api.error_report", "_runtime_api.http1"],
            ["_runtime_api"],
            [
                "_runtime.config",
                "_runtime.deadline",
                "_runtime.late",
                "_runtime.logs",
                "_runtime.sealed_file",
            ],
            [
                *["_runtime.alarm", "_runtime.context", "_runtime.import_hook"],
                *["_runtime.module_path", "_runtime.readahead", "_runtime.signals"],
                *["_runtime.xray", "_runtime.handlers", "_runtime.sealed_models"],
                "_runtime.lazy_imports",
            ],
            ["_runtime.handlers.results", "_runtime.sealed_init", "lifecycle"],
            ["_runtime.loop", "_runtime.concurrency.places", "testing"],
            ["_runtime.around"],
            ["compat"],
            ["_runtime.concurrency"],
            ["_runtime.workers"],
            ["_runtime"],
            ["__main__"],
        ),
    )
)

# The packages in the order of their layers: none imports one that follows it.
PACKAGES = ("_process", "_payload", "_runtime_api", "_runtime")

# What function authors import; no start of a function loads it.
TOOLS = frozenset(["kit"])

# Where modules of other names are: not of the package.
FOREIGN = "compat/packages"

# Imports of the module itself, at whatever depth in its code.
SOCKET_MODULES = frozenset(["socket", "_socket", "ssl", "http", "urllib", "asyncio.streams"])
# The worker's own socket is the channel on which Lambda provides its log, no connection to an API.
SOCKET_USERS = frozenset(["_runtime_api.transport", "_runtime.workers.log_socket"])

# boot hands the environment over and sets the trace id; the shell's child needs that one, too. A
# context that is made with AWS's arguments takes the rest from there.
ENVIRONMENT_READERS = frozenset(
    [
        *["_runtime.bootstrap", "_runtime.handlers.shell", "_runtime.sealed_init"],
        *["_runtime.xray", "compat.lambda_context"],
    ]
)

# What a function of no needs may find loaded besides a bare interpreter's modules. A module that
# is added here is paid by every cold start: measure it first.
EAGER = frozenset(
    [
        "surefoot",
        *[
            f"surefoot.{name}"
            for name in (
                *["__main__", "errors", "_process", "_process.ownership", "_process.polling"],
                "_process.operator_log",
                *["_payload", "_payload.marshaller"],
                *["_runtime_api", "_runtime_api.client"],
                *["_runtime_api.http1", "_runtime_api.invocation"],
                *["_runtime_api.transport", "_runtime", "_runtime.bootstrap", "_runtime.config"],
                *["_runtime.context", "_runtime.deadline", "_runtime.handlers"],
                *["_runtime.handlers.results", "_runtime.handlers.resolve"],
                *["_runtime.import_hook", "_runtime.late", "_runtime.logs"],
                *["_runtime.logs.streams", "_runtime.loop", "_runtime.module_path"],
                "_runtime.xray",
            )
        ],
        *["_json", "_socket"],
        # Where it is built in, as in Debian's newer ones, it stays; no file could stand in for it.
        *(["select"] if "select" in sys.builtin_module_names else []),
        "gc",
        "faulthandler",
    ]
)
