"""Memory decides everything else, as on Lambda. These tests need no engine."""

from __future__ import annotations

import pytest

from rie.local.sandbox import lambda_limits


@pytest.mark.parametrize(
    ("memory_mb", "host_cpus", "cpus"), [(128, 2, 0.072), (1769, 2, 1.0), (10240, 2, 2.0)]
)
def test_processor_share_follows_memory_up_to_what_the_host_has(
    memory_mb: int, host_cpus: int, cpus: float
) -> None:
    share = lambda_limits(memory_mb, host_cpus=host_cpus)["nano_cpus"] / 1e9
    assert share == pytest.approx(cpus, abs=0.001)


def test_memory_is_limited_without_swap() -> None:
    found = lambda_limits(256, host_cpus=2)
    assert found["mem_limit"] == found["memswap_limit"] == 256 * 1024 * 1024


def test_tmp_can_be_executed_from_and_has_the_given_size() -> None:
    options = lambda_limits(256, 2048, host_cpus=2)["tmpfs"]["/tmp"].split(",")
    assert {"exec", "size=2048m", "mode=1777"} <= set(options)


@pytest.mark.parametrize(("memory_mb", "processes"), [(128, 742), (160, 927), (256, 1024)])
def test_processes_are_those_recorded_at_128_mb_and_never_more_than_the_quota(
    memory_mb: int, processes: int
) -> None:
    options = lambda_limits(memory_mb, host_cpus=2)
    limits = {each["Name"]: (each["Soft"], each["Hard"]) for each in options["ulimits"]}
    assert limits["nproc"] == (processes, processes)
    assert options["pids_limit"] == processes
    assert (limits["memlock"], limits["stack"][0]) == ((65536, 65536), 8388608)
