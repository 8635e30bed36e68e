"""Handler names find the same callables, and wrong ones fail with the same init error."""

from __future__ import annotations

import sys

import pytest

from tests.integration.differential import comparable
from tests.integration.differential.pair import Pairs
from tests.integration.differential.scenario import Scenario
from tests.support.invocation import Invocation

FOUND = {
    name: Scenario(f"found {name}", name)
    for name in [
        *["ok.h", "a/b.h", "a.b.h", "pkg.h", "pkg.mod.h", "pkg/mod.h", "pkg.relative.h"],
        *["namespace.inner.mod.h", "namespace/inner/mod.h", "my-app.h", "with-dash/mod-2.h"],
        *["kinds.Kinds", "kinds.instance", "kinds.method", "kinds.static", "kinds.partial"],
        *["kinds.variadic", "kinds.defaults", "kinds.wrapped"],
        *["_under.h", "größe.h"],
    ]
}

FAULTS = {
    name: Scenario(f"fault {name}", name)
    for name in [
        *[
            "nope",
            "ok",
            "ok.nope",
            "ok.",
            "nomod.h",
            "no.mod.h",
            "ok.sub.h",
            "pkg.nope.h",
            "ok.h.x",
        ],
        *[
            "sys.exit",
            "time.sleep",
            "sys/a.h",
            "builtins.print",
        ],
        *["ok .h", " ok.h", "ok.h ", "ok:h", "ok.h()", "-ok.h", "a/b/c.h", "ok.py", "namespace.h"],
        *[
            "syntax.h",
            "indent.h",
            "tabs.h",
            "unterminated.h",
            "imports_syntax.h",
            "nöpe.h",
        ],
        # Before, a NUL was a ValueError with nothing but importlib in its trace: import-frames.
        *(["nul.h"] if sys.version_info >= (3, 11, 4) else []),
    ]
}


@pytest.mark.parametrize("name", FOUND)
def test_handlers_are_found_alike(pairs: Pairs, name: str) -> None:
    pair = pairs.run(FOUND[name])
    (invocation,) = FOUND[name].script
    expected = comparable.post(pair.awslambdaric.post(invocation))
    assert comparable.post(pair.surefoot.post(invocation)) == expected


@pytest.mark.parametrize("name", FAULTS)
def test_wrong_names_are_init_errors_alike(pairs: Pairs, name: str) -> None:
    pair = pairs.run(FAULTS[name])
    expected = comparable.post(pair.awslambdaric.init_error)
    assert comparable.post(pair.surefoot.init_error) == expected
    assert comparable.log(pair.surefoot.outcome) == comparable.log(pair.awslambdaric.outcome)
    assert pair.surefoot.answered == 0
    assert pair.surefoot.outcome.code != 0


def test_an_environment_handler_is_the_argument_said_otherwise(pairs: Pairs) -> None:
    script = (Invocation(),)
    scenario = Scenario("argument wins", "ok.h", script, {"_HANDLER": "nomod.h"})
    pair = pairs.run(scenario)
    expected = comparable.post(pair.awslambdaric.post(script[0]))
    assert comparable.post(pair.surefoot.post(script[0])) == expected


SCENARIOS = [*FOUND.values(), *FAULTS.values()]
