"""Passwords as argon2id hashes, checked with the same work whoever asks.

Sources: RFC 9106 (Argon2), the OWASP Password Storage Cheat Sheet (parameters), RFC 8265 (why text
is normalised before it is hashed: the same word may be typed as different code points).
"""

import os
import secrets
import unicodedata
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP: at least 19 MiB, two passes, one lane.
MEMORY_KIB: Final = 19_456
PASSES: Final = 2


class Passwords:
    """Makes and checks hashes. At most one runs for each core: more only take more memory."""

    def __init__(self, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = PasswordHasher(
            time_cost=passes, memory_cost=memory_kib, parallelism=1, type=Type.ID
        )
        self._cores = BoundedSemaphore(len(os.sched_getaffinity(0)))
        self._decoy = self.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """A salted hash of `password` that carries its own parameters."""
        with self._cores:
            return self._hasher.hash(_normalised(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one behind `stored`.

        None stands for an account that does not exist: never, after the work of a real answer.
        """
        with self._cores:
            try:
                matches = self._hasher.verify(stored or self._decoy, _normalised(password))
            except (VerificationError, InvalidHashError):
                return False
        return matches and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether `stored` was made with other parameters than new hashes are."""
        return self._hasher.check_needs_rehash(stored)


def _normalised(password: str) -> str:
    return unicodedata.normalize("NFC", password)
