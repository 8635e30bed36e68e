"""A capacity plan in sentences, the same in a terminal and on the page."""

from __future__ import annotations

from vpc_check.network.capacity import Capacity


def capacity_lines(capacity: Capacity) -> list[str]:
    """Return what the plan comes to, which subnet is short first, and what was assumed."""
    verdict = "It fits." if capacity.fits else "It does not fit."
    need = (
        f"{capacity.connections:,} connections need {capacity.interfaces} interfaces, "
        f"{capacity.new_interfaces} of them new. "
        f"{capacity.used} of {capacity.quota} in the VPC are used. {verdict}"
    )
    lines = [need]
    if capacity.first_out:
        lines.append(f"{capacity.first_out} runs out of addresses first.")
    lines += capacity.notes
    if capacity.historic:
        old = capacity.historic
        lines.append(
            f"By the formulas before 2019: {old['per_1.5_gb']} interfaces at 1.5 GB each, "
            f"{old['per_3_gb']} at 3 GB. {old['note']}"
        )
    return lines
