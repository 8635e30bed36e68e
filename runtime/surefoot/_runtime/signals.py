"""Where an exit came from: loaded when a handler has raised SystemExit."""

from _signal import NSIG, getsignal  # type: ignore[import-not-found]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, FrameType


def came_from_signal_handler(error: BaseException) -> bool:
    """Return whether an exception was raised by a signal handler of the function's.

    The interpreter calls such a handler from between two instructions of whatever runs, and hands
    it the frame that it interrupted: in the traceback the handler's frame follows that very frame.
    A handler that the function calls by itself has another frame, or none, for an argument.
    """
    codes = _signal_handler_codes()
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        interrupted, frame = trace.tb_frame, trace.tb_next.tb_frame
        if frame.f_code in codes and _has_argument(frame, interrupted):
            return True
        trace = trace.tb_next
    return False


def _signal_handler_codes() -> "set[CodeType]":
    codes = set()
    for number in range(1, NSIG):
        handler = getsignal(number)
        call = vars(type(handler)).get("__call__")
        # A function, a bound method, a functools.partial, an object that can be called.
        parts = (handler, getattr(handler, "__func__", None), getattr(handler, "func", None), call)
        for function in parts:
            code = getattr(function, "__code__", None)
            if code is not None:
                codes.add(code)
    return codes


def _has_argument(frame: "FrameType", value: object) -> bool:
    for argument in frame.f_locals.values():
        if argument is value:
            return True
        if isinstance(argument, tuple) and any(item is value for item in argument):
            return True
    return False
