"""What a conversion reads from and writes to."""

from typing import Protocol


class SourceReader(Protocol):
    """The video's bytes, read anywhere; `size` in bytes."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes from `offset`, at least one and at most `length`; b"" at the end."""


class Sink(Protocol):
    """Where the MP3 goes."""

    def write(self, data: bytes) -> None:
        """Append."""

    def rewrite(self, offset: int, data: bytes) -> None:
        """Replace bytes from `offset` on: at most 1 MiB, all of them written already."""

    def start_over(self) -> None:
        """Forget all that was written: the MP3 begins anew."""
