"""The limits of a Lambda function as options of Docker; its memory size decides most of them.

Source: AWS's Lambda developer guide (quotas; container images; memory and computing power). One
difference is left: /tmp is a tmpfs here, so what a function stores there counts as its memory.
"""

from __future__ import annotations

from typing import Any

USER = "993:990"  # sbx_user1051 on Lambda, whatever the image's USER says
DESCRIPTORS = 1024
PROCESSES = 1024  # threads count, too
MB_PER_CPU = 1769  # memory that comes with one virtual processor
TMP_MB = 512


def limits(memory_mb: int, tmp_mb: int = TMP_MB, *, host_cpus: int) -> dict[str, Any]:
    """Docker's options for a function of `memory_mb` memory and `tmp_mb` of /tmp, both in MiB.

    `host_cpus` caps the processor share: an engine refuses more than it has.
    """
    from docker.types import Ulimit

    memory = memory_mb * 1024 * 1024
    return {
        "user": USER,
        "read_only": True,
        # exec: Docker's tmpfs forbids what Lambda's /tmp allows. The mode lets USER in.
        "tmpfs": {"/tmp": f"rw,exec,nosuid,nodev,size={tmp_mb}m,mode=1777"},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": memory,
        "memswap_limit": memory,  # the sum of memory and swap: no swap
        "nano_cpus": min(int(memory_mb / MB_PER_CPU * 1e9), host_cpus * 10**9),
        "pids_limit": PROCESSES,
        "ulimits": [Ulimit(name="nofile", soft=DESCRIPTORS, hard=DESCRIPTORS)],
        # No /dev/shm: as on Lambda, multiprocessing's locks, queues and pools must fail.
        "ipc_mode": "none",
    }
