"""How long do 5,000 interfaces take? ``python -m tests.unit.functions.eni_cleanup.simulation``.

With EC2's token buckets (describe 100 and 20 a second, mutate 50 and 5 a second), Lambda's time-out
of 15 minutes and a virtual clock; how long a call takes is assumed, and printed with the result.
"""

from __future__ import annotations

import contextlib
import io

from surefoot.kit.tables import format_table
from tests.unit.functions.eni_cleanup.world import BEGAN, World, request, shop

COUNT = 5_000
RELEASE_S = 600.0
_HEADINGS = (
    "a delete takes",
    "somebody else deletes, too",
    "answer",
    "after",
    "invocations",
    "throttled",
)


def simulated(delete_s: float, *, crowded: bool = False, count: int = COUNT) -> World:
    """Delete a stack whose interfaces all stay `available` after 10 minutes; return the end."""

    def neighbour(world: World, name: str) -> None:
        # Another user of the account takes a token with every third call of ours.
        if name == "delete_network_interface" and len(world.steps) % 3 == 0:
            world.services.buckets["mutate"].takes(world.now)

    latency = {"describe_network_interfaces": 1.0, "delete_network_interface": delete_s}
    world = World(release_s=RELEASE_S, latency_s=latency, fault=neighbour if crowded else None)
    shop(world, count)
    world.run(request())
    return world


def main() -> None:
    rows = []
    for delete_s, crowded in ((0.1, False), (0.1, True), (0.3, False), (0.5, False)):
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            world = simulated(delete_s, crowded=crowded)
        minutes = (world.answered_at[0] - BEGAN) / 60
        rows.append(
            (
                f"{delete_s} s",
                "yes" if crowded else "no",
                world.answers[0]["Status"],
                f"{minutes:.1f} min",
                world.invocations,
                world.throttled,
            )
        )
        assert not world.crimes
        assert len(world.answers) == 1
    print(f"{COUNT:,} interfaces that Lambda releases after {RELEASE_S / 60:.0f} minutes")
    print(format_table(_HEADINGS, rows))


if __name__ == "__main__":
    main()
