"""What a probe saw of a target, from inside the VPC.

The one type that the probes (vpc_check.probes) make and the rest of the package reads. The entry
point of the probes is

    from vpc_check.probes import probe_all
    probe_all(targets: Sequence[Target], *, budget_s: float) -> list[Observation]

one observation per target and address family that matters, in the order of the targets, never an
exception for what the network does: that is what the words are for.
"""

from __future__ import annotations

from dataclasses import dataclass

from vpc_check.safe_text import clean
from vpc_check.target import Target

# word → what it says. The words are part of the JSON answer: new ones may come, none changes.
WORDS = {
    "ok": "reached",
    "dns_failed": "the name has no address here",
    "dropped": "no answer at all: a route, a network ACL or a security group swallows it",
    "unreachable": "the network says that there is no way there",
    "refused": "the way is open and nothing listens on the port",
    "reset": "the connection was opened and then cut",
    "slow": "reached, but slower than the limit",
    "tls_name": "the certificate is of another name",
    "tls_authority": "the certificate is of an authority that is not trusted here",
    "tls_expired": "the certificate is expired, or not yet valid",
    "tls_failed": "the TLS handshake failed for another reason",
    "denied": "reached, and the service refuses the request (401, 403)",
    "http_status": "reached, and the answer is an error of HTTP",
    "sent": "UDP: nothing came back, neither an answer nor an error, which proves nothing",
    "not_tried": "there was no time left for it",
    "failed": "another failure; see the detail",
}
# Words of probes that got through the network: what is wrong, if anything, is at the other end.
REACHED = frozenset(
    {
        *("ok", "refused", "reset", "slow", "denied", "http_status"),
        *("tls_name", "tls_authority", "tls_expired", "tls_failed"),
    }
)


@dataclass(frozen=True)
class Observation:
    """One probe's outcome.

    `word` is a key of WORDS; `detail` a short sentence with what was seen (an errno, a
    certificate's names, a status line). `address` is the one that was tried, "" when the name had
    none; `addresses` everything that the name resolved to. `milliseconds` is from the start of the
    probe to its end, DNS included.
    """

    target: Target
    word: str
    detail: str = ""
    address: str = ""
    addresses: tuple[str, ...] = ()
    milliseconds: float = 0.0

    def __post_init__(self) -> None:
        if self.word not in WORDS:
            raise ValueError(f"{self.word!r} is not a word of an observation: {', '.join(WORDS)}")
        for name in ("detail", "address"):
            object.__setattr__(self, name, clean(getattr(self, name)))
        object.__setattr__(self, "addresses", tuple(map(clean, self.addresses)))

    @property
    def reached(self) -> bool:
        """Whether packets went there and came back."""
        return self.word in REACHED
