"""When a dead worker is replaced, and when workers die too often. Knows no clock and no process."""

# Deaths in a row, without a finished invocation in between: as many as there are workers are
# replaced at once, the next ones after these delays in seconds, and then it is a crash loop. A
# death that comes this much later than the one before, in seconds, begins a new row.
DELAYS = (0.1, 0.2, 0.4, 0.8)
ROW_ENDS = 60.0


class RestartPolicy:
    """Counts the deaths of ``count`` workers."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.deaths = 0
        self._last_death = 0.0
        self._done = 0

    def after_death(self, now: float, done: int) -> "float | None":
        """Return when the place of a worker that died now is to be filled; None: not any more.

        :param now: in seconds, by a clock that only goes forward
        :param done: how many invocations all workers together have finished
        """
        if done != self._done or now - self._last_death > ROW_ENDS:
            self.deaths = 0
        self._done = done
        self._last_death = now
        self.deaths += 1
        late = self.deaths - self.count
        if late > len(DELAYS):
            return None
        return now + (DELAYS[late - 1] if late > 0 else 0.0)
