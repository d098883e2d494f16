"""What is uploaded: a file's bytes, and a few more so that no two uploads are the same."""

import os
import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PACED_BYTES = 64 * 1024
UNPACED_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of the file at `path`, then those of `tail`."""

    path: Path
    tail: bytes = b""

    @classmethod
    def unique(cls, path: Path) -> Self:
        """The file with a tail that no other has, and that every demuxer passes over."""
        filling = secrets.token_bytes(16)
        if path.suffix == ".mkv":
            return cls(path, b"\xec\x90" + filling)  # an EBML Void element: RFC 8794, 11.3.2
        box = (8 + len(filling)).to_bytes(4, "big") + b"free"  # ISO/IEC 14496-12, 8.1.2
        return cls(path, box + filling)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.path.stat().st_size + len(self.tail)

    def send(self, connection: socket.socket, rate: float | None = None) -> None:
        """Send everything, by the kernel alone where it can; at `rate` bytes a second if given.

        Raises OSError.
        """
        started, sent = time.monotonic(), 0
        left = self.path.stat().st_size
        most = UNPACED_BYTES if rate is None else PACED_BYTES
        with self.path.open("rb") as file:
            while left:
                if rate is not None:
                    time.sleep(max(0.0, started + sent / rate - time.monotonic()))
                count = os.sendfile(connection.fileno(), file.fileno(), sent, min(left, most))
                sent += count
                left -= count
        connection.sendall(self.tail)
