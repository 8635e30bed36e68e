"""The differences that surefoot means to make, as far as a comparison can see them."""

from __future__ import annotations

from dataclasses import dataclass

from rie.compare import observations, predicates
from rie.compare.observations import ERROR, INIT_ERROR, TRACE

WHOLE = frozenset(
    {
        observations.OUTCOME,
        observations.MODE,
        observations.CONTENT_TYPE,
        observations.BODY,
        observations.STREAM_ERROR,
        observations.RECORDED,
        observations.ERROR_TYPE,
        observations.MESSAGE,
        observations.TRACE,
        observations.PROCESS,
    }
)
"""Every fact but the log, which is compared by lines."""


@dataclass(frozen=True)
class IntendedDifference:
    """An intended difference: its name, a sentence for the user, the facts it touches, its signs.

    `theirs_only` and `ours_only` are patterns of the log lines that come with it.
    """

    name: str
    reason: str
    touches: frozenset[str]
    applies: predicates.Predicate
    theirs_only: str = ""
    ours_only: str = ""


INTENDED_DIFFERENCES = (
    # awslambdaric ends and answers nothing.
    IntendedDifference(
        "exit-in-handler",
        "A handler that raises SystemExit, KeyboardInterrupt or another BaseException ends "
        "awslambdaric without an answer; under surefoot it is one failed invocation.",
        WHOLE,
        predicates.died_at(ERROR, in_handler=True),
    ),
    IntendedDifference(
        "exit-at-import",
        "The same while the module is imported: surefoot reports an init error that names it.",
        WHOLE,
        predicates.died_at(INIT_ERROR, in_handler=True),
    ),
    IntendedDifference(
        "mute-exception",
        "awslambdaric dies of an exception whose __str__ fails; surefoot reports it.",
        WHOLE,
        lambda theirs, ours: any(
            predicates.died_at(each, in_handler=False)(theirs, ours) for each in (ERROR, INIT_ERROR)
        ),
    ),
    IntendedDifference(
        "lone-surrogates",
        "A lone surrogate has no UTF-8 form: awslambdaric fails or dies, surefoot escapes it.",
        WHOLE,
        predicates.surrogates,
    ),
    IntendedDifference(
        "header-safety",
        "awslambdaric dies of a type or message that no header can carry; surefoot reports it.",
        WHOLE,
        predicates.broken_header,
    ),
    IntendedDifference(
        "refused-answers",
        "An answer that Lambda refuses ends awslambdaric; under surefoot the process serves on.",
        frozenset({observations.PROCESS}),
        predicates.too_large,
        theirs_only=r"^\[ERROR\] \[\d+\] LAMBDA_RUNTIME Failed to post [\s\S]*",
    ),
    # Answers that mislead.
    IntendedDifference(
        "no-nan",
        "NaN and Infinity are no JSON: few callers can read them, so surefoot says so instead.",
        WHOLE,
        predicates.not_a_number,
    ),
    IntendedDifference(
        "bad-log-call",
        "A logging call that cannot be formatted fails the invocation under awslambdaric; under "
        "surefoot it costs a line on standard error.",
        WHOLE,
        predicates.bad_log_call,
        ours_only=r"^--- Logging error ---\n[\s\S]*?^Message: .*\n(Arguments: .*\n?)?",
    ),
    # Reports.
    IntendedDifference(
        "error-type-header",
        "awslambdaric sends the type of an error as a header at init alone; Lambda records it from "
        "there, so surefoot sends it always.",
        frozenset({observations.RECORDED}),
        predicates.no_header,
    ),
    IntendedDifference(
        "error-type-grammar",
        "Lambda records types like Function.Name only and takes others for Runtime.Unknown.",
        frozenset({observations.RECORDED}),
        predicates.other_grammar,
    ),
    IntendedDifference(
        "init-error-headers",
        "awslambdaric posts init errors without a content type.",
        frozenset({observations.CONTENT_TYPE}),
        predicates.outcomes(INIT_ERROR, INIT_ERROR),
    ),
    IntendedDifference(
        "runtime-frames",
        "A stack trace shows the function's frames, not those of the runtime.",
        frozenset({TRACE}),
        predicates.has_frames_of("/awslambdaric/"),
    ),
    IntendedDifference(
        "import-frames",
        "The trace of an init error starts at the function's module, not in importlib.",
        frozenset({TRACE}),
        predicates.has_frames_of("importlib"),
    ),
    IntendedDifference(
        "import-error-trace",
        "An import that fails inside the function says where; awslambdaric's trace is empty.",
        frozenset({TRACE}),
        predicates.no_import_trace,
    ),
    IntendedDifference(
        "no-module-path",
        "A handler whose module part cannot be a path is called malformed.",
        frozenset({observations.ERROR_TYPE, observations.MESSAGE, TRACE, observations.RECORDED}),
        predicates.malformed,
    ),
    IntendedDifference(
        "trimmed-by-name",
        "awslambdaric drops leading frames of any file called bootstrap.py, yours included.",
        frozenset({TRACE}),
        predicates.own_bootstrap,
    ),
    IntendedDifference(
        "exception-chain",
        "Causes, contexts, notes and group members explain an error; awslambdaric drops them.",
        frozenset({TRACE}),
        predicates.adds_to_trace,
    ),
    IntendedDifference(
        "recursion-depth",
        "How deep a recursion gets depends on how many frames of the client lie below it.",
        frozenset({TRACE, observations.MESSAGE}),
        predicates.recursion,
    ),
    IntendedDifference(
        "update-warning",
        "awslambdaric warns of updates of managed runtimes at init errors; an image is updated by "
        "its owner alone.",
        frozenset(),
        predicates.warned,
        theirs_only=r"^(\[|\{.*\")WARNING.*LAMBDA_WARNING: Unhandled.*\n?",
    ),
    IntendedDifference(
        "own-words",
        "Lines that begin with surefoot: are its remarks on what happened, on standard error.",
        frozenset(),
        predicates.remarked,
        ours_only=r"^surefoot: .*\n?",
    ),
    # What awslambdaric has not.
    IntendedDifference(
        "streaming",
        "A handler that is a generator streams its answer under surefoot; awslambdaric cannot.",
        WHOLE,
        predicates.unmarshallable("generator", "async_generator"),
    ),
    IntendedDifference(
        "async-handlers",
        "surefoot runs coroutine handlers; awslambdaric tries to turn the coroutine into JSON.",
        WHOLE,
        predicates.unmarshallable("coroutine"),
        theirs_only=r"^.*RuntimeWarning: coroutine .*\n(  .*\n)?(RuntimeWarning: .*\n?)?",
    ),
    IntendedDifference(
        "more-handlers",
        "surefoot takes methods of classes and shell functions as handlers, too.",
        WHOLE,
        predicates.unknown_handler,
    ),
    IntendedDifference(
        "deadline-guard",
        "Shortly before a time-out surefoot shows where every thread hangs.",
        frozenset(),
        predicates.guarded,
        ours_only=r"^(Current thread|Thread|Stack) [\s\S]*",
    ),
)
