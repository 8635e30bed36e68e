"""A pace for API calls: token buckets, the way AWS itself limits them.

Source: "Request throttling for the Amazon EC2 API", Amazon EC2 Developer Guide.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_SHORTEST_S = 0.001  # of a sleep: a shorter one may be below what a clock can tell


class Pace:
    """At most `burst` calls at once and `per_second` in the long run; one per kind of call.

    `clock` and `sleep` are in seconds; a simulation brings its own.
    """

    def __init__(
        self,
        burst: int,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if burst < 1 or per_second <= 0:
            raise ValueError(f"a pace needs a burst ≥ 1 and a rate > 0, not {burst}, {per_second}")
        self.burst = burst
        self.per_second = per_second
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(burst)
        self._at = clock()

    def wait_s(self) -> float:
        """Return the seconds until a call would be within the pace; 0.0 when it is now."""
        self._refill()
        return max(0.0, (1.0 - self._tokens) / self.per_second)

    def take(self) -> None:
        """Wait for the next call's turn and use it up."""
        while (seconds := self.wait_s()) > 0:
            self._sleep(max(seconds, _SHORTEST_S))
        self._tokens -= 1.0

    def drain(self) -> None:
        """Start from an empty bucket: AWS has just said that the calls come too fast."""
        self._refill()
        self._tokens = min(self._tokens, 0.0)

    def _refill(self) -> None:
        now = self._clock()
        gained = (now - self._at) * self.per_second
        # Differences below a nanosecond's worth are the clock's rounding, not time to wait for.
        self._tokens = min(float(self.burst), self._tokens + gained + 1e-9)
        self._at = now
