"""One event, its answer, its log and two times: what the simplest scenes have in common."""

from __future__ import annotations

from rie.demo.stage import Reply, Stage


def play(stage: Stage, event: str) -> Reply:
    """Post `event` twice and show the first answer."""
    with stage.started({"APP_ENV": "demo"}):
        reply = stage.post(event)
        stage.answer(reply)
        stage.block("log", "\n".join(reply.log))
        again = stage.post(event, show=False)
        stage.block(
            "time",
            f"first call {reply.milliseconds:.0f} ms, runtime start included; "
            f"second {again.milliseconds:.1f} ms",
        )
    return reply
