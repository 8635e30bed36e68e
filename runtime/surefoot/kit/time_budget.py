"""How much of an invocation's time is left."""

from ..errors import MAX_TIMEOUT_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class HasRemainingTime(Protocol):
        """Any context object: surefoot's, awslambdaric's, or a test's."""

        def get_remaining_time_in_millis(self) -> int:
            """Return the milliseconds left."""


# The longest time-out of a function; see errors for its source.
MAX_TIMEOUT_S = MAX_TIMEOUT_SECONDS


class Budget:
    """The time left of an invocation, less a reserve; measured again with every use.

    True while anything is left. Source: AWS Lambda Developer Guide, "Using the Lambda context
    object to retrieve Python function information", get_remaining_time_in_millis.
    """

    __slots__ = ("_get_remaining_ms", "reserve")

    def __init__(self, context: "HasRemainingTime", reserve: float = 0.0) -> None:
        """Measure by a context.

        :param context: the handler's second argument
        :param reserve: seconds kept back, so that work stops in time to finish properly
        :raises TypeError: context has no remaining time
        :raises ValueError: reserve is negative or not a number of seconds
        """
        get_remaining_ms = getattr(context, "get_remaining_time_in_millis", None)
        if not callable(get_remaining_ms):
            raise TypeError(
                f"the context is {type(context).__name__}, which has no remaining time; pass the "
                "handler's second argument, or in a test surefoot.testing.fake_context()."
            )
        if not 0 <= reserve < float("inf"):
            raise ValueError(f"the reserve is {reserve!r}; it takes seconds, 0 or more.")
        self._get_remaining_ms = get_remaining_ms
        self.reserve = reserve

    @property
    def milliseconds(self) -> int:
        """What is left beyond the reserve, in milliseconds, never below 0."""
        return max(int(self._get_remaining_ms()) - round(self.reserve * 1000), 0)

    @property
    def seconds(self) -> float:
        """What is left beyond the reserve, in seconds; usable as the ``timeout`` of a call."""
        return self.milliseconds / 1000

    def enough(self, seconds: float) -> bool:
        """Return whether something that takes this many seconds ends before the reserve begins."""
        return self.seconds >= seconds

    def __bool__(self) -> bool:
        return self.milliseconds > 0

    def __repr__(self) -> str:
        return f"Budget({self.seconds:.3f} s left, {self.reserve} s in reserve)"
