"""The one list of differences from awslambdaric 4.2.2 that surefoot makes on purpose, and why.

`rie compare` explains with it what it finds; `tests/differential` proves each entry, except for
features that awslambdaric does not have (`is_feature`), which the tests of those features prove.
"""

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
"""Every observation except the log, which is compared by lines."""


@dataclass(frozen=True)
class IntendedDifference:
    """One difference. `reason` is a sentence for the user.

    A comparison recognizes it with `applies` and in the observations `touches`; `theirs_only` and
    `ours_only` are patterns of log lines that come with it; with `only_line_ends` logs may differ
    in where their lines end. Without `applies` a comparison cannot see it: the differential tests
    simulate a Runtime API that misbehaves, or look at headers.
    """

    name: str
    reason: str
    touches: frozenset[str] = frozenset()
    applies: predicates.Predicate | None = None
    theirs_only: str = ""
    ours_only: str = ""
    is_feature: bool = False
    only_line_ends: bool = False


INTENDED_DIFFERENCES = (
    # awslambdaric ends and posts nothing, so the caller waits for the time-out.
    IntendedDifference(
        "exit-in-handler",
        "A handler that raises SystemExit, KeyboardInterrupt or another BaseException ends "
        "awslambdaric without an answer; on surefoot it is one failed invocation, because a "
        "library that calls sys.exit must not cost an environment.",
        WHOLE,
        predicates.died_at(ERROR, in_handler=True),
    ),
    IntendedDifference(
        "exit-at-import",
        "A module that raises SystemExit or another BaseException while it is imported is an init "
        "error that names it, instead of Runtime.ExitError.",
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
        "A lone surrogate has no UTF-8 form: awslambdaric fails or dies, surefoot sends a JSON "
        "escape.",
        WHOLE,
        predicates.surrogates,
    ),
    IntendedDifference(
        "header-safety",
        "awslambdaric dies of an error type with line ends or letters beyond latin-1, which no "
        "header can carry; surefoot reports it, and no type can forge a header.",
        WHOLE,
        predicates.broken_header,
    ),
    IntendedDifference(
        "no-content-type",
        "The content type of an event is optional in the Runtime API; awslambdaric crashes without "
        "it, surefoot takes the event for JSON.",
    ),
    IntendedDifference(
        "bad-deadline",
        "A deadline that is not a number aborts awslambdaric's process and not surefoot's.",
    ),
    IntendedDifference(
        "refused-answers",
        "An answer that Lambda refuses with 400, 403, 404, 410 or 413 ends awslambdaric; surefoot "
        "goes on, because only 500 means that the process must end.",
        frozenset({observations.PROCESS}),
        predicates.too_large,
        theirs_only=r"^\[ERROR\] \[\d+\] LAMBDA_RUNTIME Failed to post [\s\S]*",
    ),
    IntendedDifference(
        "request-id-in-path",
        "The caller chooses the request id under AWS's emulator, so surefoot percent-encodes it.",
    ),
    IntendedDifference(
        "handler-variable",
        "Without an argument surefoot takes the handler from _HANDLER, as the Runtime API says.",
    ),
    IntendedDifference(
        "init-error-refused",
        "An init error that is not accepted ends surefoot with the exit code of init errors, not "
        "with a trace of the runtime.",
    ),
    # Answers that mislead.
    IntendedDifference(
        "no-nan",
        "NaN and Infinity are not valid JSON and few callers can read them; surefoot reports an "
        "error, and awslambdaric rejects them as input itself.",
        WHOLE,
        predicates.not_a_number,
    ),
    IntendedDifference(
        "utf8-in-images",
        "In images surefoot answers in UTF-8, as AWS's own Python images do since 3.12, and "
        "awslambdaric escapes everything beyond ASCII; SUREFOOT_ESCAPE_JSON=1 does so here, too.",
        frozenset({observations.BODY}),
        predicates.unescaped,
    ),
    IntendedDifference(
        "bad-log-call",
        "A logging call that cannot be formatted fails the invocation on awslambdaric; on surefoot "
        "it is a line on standard error, as everywhere else in Python.",
        WHOLE,
        predicates.bad_log_call,
        ours_only=r"^--- Logging error ---\n[\s\S]*?^Message: .*\n(Arguments: .*\n?)?",
    ),
    IntendedDifference(
        "odd-client-context",
        "surefoot rejects a client context or identity that is JSON but not an object by name; "
        "awslambdaric reports an AttributeError of its own code.",
    ),
    IntendedDifference(
        "no-nan-in-logs",
        "JSON logs with NaN and Infinity are not valid JSON, so log queries cannot read them; "
        "surefoot writes them as strings.",
        frozenset(),
        predicates.nan_in_logs,
        theirs_only=predicates.NAN_RECORD,
        ours_only=r'^\{"timestamp": .*[ \[]"(nan|-?inf)"[,\]}].*\n?',
    ),
    IntendedDifference(
        "record-line-ends",
        "After log.exception() and with formats of the function's own awslambdaric writes no line "
        "end, so the next text is in the same line; on surefoot every record ends its line.",
        frozenset(),
        predicates.more_lines,
        only_line_ends=True,
    ),
    # Reports.
    IntendedDifference(
        "error-type-header",
        "awslambdaric sends the type of an error as a header with init errors only; Lambda records "
        "the type from it, so surefoot always sends it.",
        frozenset({observations.RECORDED}),
        predicates.no_header,
    ),
    IntendedDifference(
        "error-type-grammar",
        "Lambda records only types like Function.Name or Runtime.Name and takes others for "
        "Runtime.Unknown; the report itself keeps the bare name.",
        frozenset({observations.RECORDED}),
        predicates.other_grammar,
    ),
    IntendedDifference(
        "init-error-headers",
        "awslambdaric posts init errors on a connection of its own, without a content type.",
        frozenset({observations.CONTENT_TYPE}),
        predicates.outcomes(INIT_ERROR, INIT_ERROR),
    ),
    IntendedDifference(
        "cause-paths",
        "awslambdaric lists the paths of an X-Ray cause in the random order of a set.",
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
        "The trace of an import that fails inside the function's modules shows where; "
        "awslambdaric's is empty.",
        frozenset({TRACE}),
        predicates.no_import_trace,
    ),
    IntendedDifference(
        "no-module-path",
        "A handler whose module part cannot be a path is reported as malformed; awslambdaric "
        "repeats importlib's message about packages.",
        frozenset({observations.ERROR_TYPE, observations.MESSAGE, TRACE, observations.RECORDED}),
        predicates.malformed,
    ),
    IntendedDifference(
        "trimmed-by-name",
        "awslambdaric drops leading frames of any file called bootstrap.py, the function's "
        "included.",
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
        "small-cause",
        "surefoot's X-Ray cause has at most 64 KiB; awslambdaric sends up to 1 MiB of header.",
    ),
    IntendedDifference(
        "recursion-depth",
        "How deep a recursion gets depends on the number of the client's frames below it.",
        frozenset({TRACE, observations.MESSAGE}),
        predicates.recursion,
        is_feature=True,
    ),
    IntendedDifference(
        "update-warning",
        "awslambdaric warns of updates of managed runtimes at init errors; an image is updated by "
        "its owner only.",
        frozenset(),
        predicates.warned,
        theirs_only=r"^(\[|\{.*\")WARNING.*LAMBDA_WARNING: Unhandled.*\n?",
    ),
    IntendedDifference(
        "last-words",
        "At the end of the environment awslambdaric writes a libcurl message to standard output "
        "and a trace to standard error; surefoot writes one line to standard error.",
    ),
    IntendedDifference(
        "own-words",
        "Lines that begin with surefoot: are its own messages, on standard error.",
        frozenset(),
        predicates.remarked,
        ours_only=r"^surefoot: .*\n?",
        is_feature=True,
    ),
    # Features that awslambdaric does not have.
    IntendedDifference(
        "streaming",
        "A handler that is a generator streams its answer on surefoot; awslambdaric cannot.",
        WHOLE,
        predicates.unmarshallable("generator", "async_generator"),
        is_feature=True,
    ),
    IntendedDifference(
        "async-handlers",
        "surefoot runs coroutine handlers; awslambdaric tries to turn the coroutine into JSON.",
        WHOLE,
        predicates.unmarshallable("coroutine"),
        theirs_only=r"^.*RuntimeWarning: coroutine .*\n(  .*\n)?(RuntimeWarning: .*\n?)?",
        is_feature=True,
    ),
    IntendedDifference(
        "more-handlers",
        "surefoot also accepts methods of classes and shell functions as handlers.",
        WHOLE,
        predicates.unknown_handler,
        is_feature=True,
    ),
    IntendedDifference(
        "deadline-guard",
        "Shortly before a time-out surefoot logs the stacks of all threads.",
        frozenset(),
        predicates.guarded,
        ours_only=r"^(Current thread|Thread|Stack) [\s\S]*",
        is_feature=True,
    ),
)
