"""One event, its answer, its log and two times: what the simplest demos have in common."""

from __future__ import annotations

from rie.demo.scene import Demo, Response


def run(demo: Demo, event: str) -> Response:
    """Post `event` twice and show the first answer."""
    with demo.started({"APP_ENV": "demo"}):
        reply = demo.post(event)
        demo.answer(reply)
        demo.block("log", "\n".join(reply.log))
        again = demo.post(event, show=False)
        demo.block(
            "time",
            f"first call {reply.milliseconds:.0f} ms, runtime start included; "
            f"second {again.milliseconds:.1f} ms",
        )
    return reply
