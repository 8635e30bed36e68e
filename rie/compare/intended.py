"""The differences that surefoot means to make, as far as a comparison can see them."""

from __future__ import annotations

from dataclasses import dataclass

from rie.compare import observations as facts
from rie.compare import predicates as signs
from rie.compare.observations import ERROR, INIT_ERROR, TRACE

WHOLE = frozenset(
    {
        facts.OUTCOME,
        facts.MODE,
        facts.CONTENT_TYPE,
        facts.BODY,
        facts.STREAM_ERROR,
        facts.RECORDED,
        facts.ERROR_TYPE,
        facts.MESSAGE,
        facts.TRACE,
        facts.PROCESS,
    }
)
"""Every fact but the log, which is compared by lines."""


@dataclass(frozen=True)
class Known:
    """An intended difference: its name, a sentence for the user, the facts it touches, its signs.

    `theirs_only` and `ours_only` are patterns of the log lines that come with it.
    """

    name: str
    reason: str
    touches: frozenset[str]
    signs: signs.Signs
    theirs_only: str = ""
    ours_only: str = ""


KNOWN = (
    # awslambdaric ends and answers nothing.
    Known(
        "exit-in-handler",
        "A handler that raises SystemExit, KeyboardInterrupt or another BaseException ends "
        "awslambdaric without an answer; under surefoot it is one failed invocation.",
        WHOLE,
        signs.died_at(ERROR, in_handler=True),
    ),
    Known(
        "exit-at-import",
        "The same while the module is imported: surefoot reports an init error that names it.",
        WHOLE,
        signs.died_at(INIT_ERROR, in_handler=True),
    ),
    Known(
        "mute-exception",
        "awslambdaric dies of an exception whose __str__ fails; surefoot reports it.",
        WHOLE,
        lambda theirs, ours: any(
            signs.died_at(each, in_handler=False)(theirs, ours) for each in (ERROR, INIT_ERROR)
        ),
    ),
    Known(
        "lone-surrogates",
        "A lone surrogate has no UTF-8 form: awslambdaric fails or dies, surefoot escapes it.",
        WHOLE,
        signs.surrogates,
    ),
    Known(
        "header-safety",
        "awslambdaric dies of a type or message that no header can carry; surefoot reports it.",
        WHOLE,
        signs.broken_header,
    ),
    Known(
        "refused-answers",
        "An answer that Lambda refuses ends awslambdaric; under surefoot the process serves on.",
        frozenset({facts.PROCESS}),
        signs.too_large,
        theirs_only=r"^\[ERROR\] \[\d+\] LAMBDA_RUNTIME Failed to post [\s\S]*",
    ),
    # Answers that mislead.
    Known(
        "no-nan",
        "NaN and Infinity are no JSON: few callers can read them, so surefoot says so instead.",
        WHOLE,
        signs.not_a_number,
    ),
    Known(
        "bad-log-call",
        "A logging call that cannot be formatted fails the invocation under awslambdaric; under "
        "surefoot it costs a line on standard error.",
        WHOLE,
        signs.bad_log_call,
        ours_only=r"^--- Logging error ---\n[\s\S]*?^Message: .*\n(Arguments: .*\n?)?",
    ),
    # Reports.
    Known(
        "error-type-header",
        "awslambdaric sends the type of an error as a header at init alone; Lambda records it from "
        "there, so surefoot sends it always.",
        frozenset({facts.RECORDED}),
        signs.no_header,
    ),
    Known(
        "error-type-grammar",
        "Lambda records types like Function.Name only and takes others for Runtime.Unknown.",
        frozenset({facts.RECORDED}),
        signs.other_grammar,
    ),
    Known(
        "init-error-headers",
        "awslambdaric posts init errors without a content type.",
        frozenset({facts.CONTENT_TYPE}),
        signs.outcomes(INIT_ERROR, INIT_ERROR),
    ),
    Known(
        "runtime-frames",
        "A stack trace shows the function's frames, not those of the runtime.",
        frozenset({TRACE}),
        signs.has_frames_of("/awslambdaric/"),
    ),
    Known(
        "import-frames",
        "The trace of an init error starts at the function's module, not in importlib.",
        frozenset({TRACE}),
        signs.has_frames_of("importlib"),
    ),
    Known(
        "import-error-trace",
        "An import that fails inside the function says where; awslambdaric's trace is empty.",
        frozenset({TRACE}),
        signs.no_import_trace,
    ),
    Known(
        "no-module-path",
        "A handler whose module part cannot be a path is called malformed.",
        frozenset({facts.ERROR_TYPE, facts.MESSAGE, TRACE, facts.RECORDED}),
        signs.malformed,
    ),
    Known(
        "trimmed-by-name",
        "awslambdaric drops leading frames of any file called bootstrap.py, yours included.",
        frozenset({TRACE}),
        signs.own_bootstrap,
    ),
    Known(
        "exception-chain",
        "Causes, contexts, notes and group members explain an error; awslambdaric drops them.",
        frozenset({TRACE}),
        signs.adds_to_trace,
    ),
    Known(
        "recursion-depth",
        "How deep a recursion gets depends on how many frames of the client lie below it.",
        frozenset({TRACE, facts.MESSAGE}),
        signs.recursion,
    ),
    Known(
        "update-warning",
        "awslambdaric warns of updates of managed runtimes at init errors; an image is updated by "
        "its owner alone.",
        frozenset(),
        signs.warned,
        theirs_only=r"^(\[|\{.*\")WARNING.*LAMBDA_WARNING: Unhandled.*\n?",
    ),
    Known(
        "own-words",
        "Lines that begin with surefoot: are its remarks on what happened, on standard error.",
        frozenset(),
        signs.remarked,
        ours_only=r"^surefoot: .*\n?",
    ),
    # What awslambdaric has not.
    Known(
        "streaming",
        "A handler that is a generator streams its answer under surefoot; awslambdaric cannot.",
        WHOLE,
        signs.unmarshallable("generator", "async_generator"),
    ),
    Known(
        "async-handlers",
        "surefoot runs coroutine handlers; awslambdaric tries to turn the coroutine into JSON.",
        WHOLE,
        signs.unmarshallable("coroutine"),
        theirs_only=r"^.*RuntimeWarning: coroutine .*\n(  .*\n)?(RuntimeWarning: .*\n?)?",
    ),
    Known(
        "more-handlers",
        "surefoot takes methods of classes and shell functions as handlers, too.",
        WHOLE,
        signs.unknown_handler,
    ),
    Known(
        "deadline-guard",
        "Shortly before a time-out surefoot shows where every thread hangs.",
        frozenset(),
        signs.guarded,
        ours_only=r"^(Current thread|Thread|Stack) [\s\S]*",
    ),
)
