"""A rate limiter for API calls: the token bucket with which AWS limits them itself.

Source: "Request throttling for the Amazon EC2 API", Amazon EC2 Developer Guide.
"""

from __future__ import annotations

import time
from collections.abc import Callable

_MIN_SLEEP_S = 0.001  # a clock since the epoch may not resolve a shorter one


class TokenBucket:
    """Allow `burst` calls at once, and `per_second` calls in the long run.

    `clock` and `sleep` are in seconds; a simulation passes its own.
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
            raise ValueError(
                f"a rate limit takes a burst ≥ 1 and a rate > 0, not {burst} and {per_second}"
            )
        self.burst = burst
        self.per_second = per_second
        self._clock = clock
        self._sleep = sleep
        self._tokens = float(burst)
        self._refilled_at = clock()

    def delay_s(self) -> float:
        """Return the seconds until the next call is allowed; 0.0 if it is allowed now."""
        self._refill()
        return max(0.0, (1.0 - self._tokens) / self.per_second)

    def acquire(self) -> None:
        """Wait until a call is allowed, and count it."""
        while (seconds := self.delay_s()) > 0:
            self._sleep(max(seconds, _MIN_SLEEP_S))
        self._tokens -= 1.0

    def empty(self) -> None:
        """Remove all tokens, for when AWS throttles although the limit was kept."""
        self._refill()
        self._tokens = min(self._tokens, 0.0)

    def _refill(self) -> None:
        now = self._clock()
        gained = (now - self._refilled_at) * self.per_second
        # 1e-9: less than a nanosecond's worth is rounding of the clock, not a time to wait.
        self._tokens = min(float(self.burst), self._tokens + gained + 1e-9)
        self._refilled_at = now
