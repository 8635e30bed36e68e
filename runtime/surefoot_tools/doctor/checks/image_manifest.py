"""Image indexes and attestations, which Lambda rejects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..context import CheckContext
from ..finding import Finding
from ..image.archive import is_attestation


def check(context: CheckContext) -> Iterator[Finding]:
    """Look at the index of a saved image, if it has one."""
    described = context.image.index if context.image else ()
    images = [one for one in described if not is_attestation(one)]
    if len(images) > 1:
        yield Finding(
            "SF603",
            f"an index of {len(images)} images ({', '.join(map(_platform, images))}), where Lambda "
            "accepts one",
            "build and push one image per architecture: docker buildx build --platform linux/arm64",
        )
    elif len(described) > len(images):
        yield Finding(
            "SF603",
            "an attestation next to the image turns it into an index",
            "build with docker buildx build --provenance=false --sbom=false, or with the plain "
            "builder",
        )
    elif images:
        yield Finding(
            "SF603",
            "an index around a single image",
            "build without attestations and for one platform, and push the image itself",
        )


def _platform(described: Mapping[str, Any]) -> str:
    platform = described.get("platform") or {}
    words = [str(platform[key]) for key in ("os", "architecture") if key in platform]
    return "/".join(words) or "of an unnamed platform"
