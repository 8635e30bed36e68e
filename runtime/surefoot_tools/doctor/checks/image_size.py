"""The image's size, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...console import format_size
from ..context import CheckContext, Layer, OverwrittenFile
from ..finding import Finding

_SHOWN = 3


def check(context: CheckContext) -> Iterator[Finding]:
    """Add up the layers, or the files where layers are not known."""
    image, policy = context.image, context.data
    layers = image.layers if image else ()
    if layers:
        total = sum(layer.size for layer in layers)
    else:
        total = sum(entry.size for entry in context.tree.entries.values() if entry.is_file)
    if total > policy["image_bytes"]:
        yield Finding(
            "SF601",
            f"{format_size(total)} unpacked; Lambda accepts {format_size(policy['image_bytes'])}",
            "leave out what the function does not need, and fetch large data from S3 or EFS",
        )
    for number, layer in enumerate(layers):
        yield from _layer(layers, number, layer, policy["layer_bytes"], policy["wasted_bytes"])


def _layer(
    layers: Sequence[Layer], number: int, layer: Layer, most: int, wasted: int
) -> Iterator[Finding]:
    name = f"layer {number + 1} of {len(layers)} ({_made_by(layer)})"
    hidden = sorted(layer.hidden, key=lambda lost: -lost.size)
    lost = sum(file.size for file in hidden)
    if lost > wasted:
        by = sorted({file.by for file in hidden})
        yield Finding(
            "SF602",
            f"{name} holds {format_size(lost)} in {len(hidden):,} files that layer "
            f"{', '.join(str(at + 1) for at in by)} deletes or overwrites, such as "
            f"{', '.join(_describe(file) for file in hidden[:_SHOWN])}",
            "delete or change them in the RUN that makes them, or make them in another build stage",
        )
    if layer.size > most:
        yield Finding(
            "SF602",
            f"{name} is {format_size(layer.size)}",
            "leave out what it does not need, such as tests, caches, debug symbols and data",
        )


def _describe(file: OverwrittenFile) -> str:
    return f"{file.path} ({format_size(file.size)})"


def _made_by(layer: Layer) -> str:
    words = layer.made_by.replace("/bin/sh -c #(nop) ", "").split()
    text = " ".join(words) or "imported"
    return text if len(text) <= 60 else f"{text[:59]}…"
