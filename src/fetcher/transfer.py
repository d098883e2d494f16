"""From a stream of bytes into a sink: what comes is looked at first, then it flows."""

from collections.abc import Callable, Iterator

from fetcher.failures import failure
from fetcher.media_types import SNIFFED_BYTES, Nature, recognize
from fetcher.ports import Sink


def pour(
    pieces: Iterator[bytes], sink: Sink, total: float | None, on_progress: Callable[[float], None]
) -> None:
    """All of `pieces` into `sink`; `total` is how many bytes are expected, about."""
    received = 0
    for data in pieces:
        sink.write(data)
        received += len(data)
        if total:
            on_progress(min(1.0, received / total))


def pour_stream(
    pieces: Iterator[bytes],
    declared: str | None,
    open_sink: Callable[[str], Sink],
    total: float | None,
    on_progress: Callable[[float], None],
) -> str:
    """As `pour`, into a sink that is opened for the content type that the first piece tells.

    `declared` is what its site calls it. Returns the type; raises Permanent `no_media`.
    """
    first = next(pieces, b"")
    found = recognize(first[:SNIFFED_BYTES], declared)
    if found.nature is not Nature.MEDIA:
        raise failure("no_media", "What the site sends is neither video nor sound.")
    pour(_with_first(first, pieces), open_sink(found.content_type), total, on_progress)
    return found.content_type


def _with_first(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from pieces
