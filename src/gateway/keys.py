"""auth's public keys, kept at hand: a token is checked without asking auth.

The keys are fetched from time to time, and when a token names a key that is not known, but then not
more often than every few seconds. While auth is away the known keys go on.
"""

from collections.abc import Callable
from threading import Event, Lock, Thread
from time import monotonic
from typing import Final

import structlog
from jwt import PyJWK

from chassis.tokens import InvalidToken
from gateway.refusals import AuthUnavailable, KeysUnavailable
from gateway.tokens import parse_keys

log = structlog.get_logger(__name__)

FetchKeys = Callable[[], object]
"""The JWK Set as auth publishes it, parsed from JSON; raises AuthUnavailable."""

REFRESH_SECONDS: Final = 300.0
RETRY_SECONDS: Final = 5.0


class KeyCache:
    """The keys by their ids. One fetch at a time, whoever asks."""

    def __init__(
        self,
        fetch: FetchKeys,
        *,
        refresh_seconds: float = REFRESH_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._fetch = fetch
        self._refresh_seconds = refresh_seconds
        self._retry_seconds = retry_seconds
        self._keys: dict[str, PyJWK] = {}
        self._tried_at: float | None = None
        self._lock = Lock()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="keys", daemon=True)

    def start(self) -> None:
        """Fetch the keys now and from time to time, in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Fetch no more."""
        self._stopping.set()

    def known(self) -> bool:
        """Whether tokens can be checked."""
        return bool(self._keys)

    def key(self, kid: str) -> PyJWK:
        """The key with that id; raises InvalidToken, or KeysUnavailable while none is known."""
        if kid not in self._keys:
            self._refresh(unless_known=kid)
        key = self._keys.get(kid)
        if key is None:
            raise InvalidToken("The token's key is not known.") if self._keys else KeysUnavailable
        return key

    def _refresh(self, unless_known: str | None = None) -> None:
        with self._lock:
            just_tried = (
                self._tried_at is not None and monotonic() - self._tried_at < self._retry_seconds
            )
            if unless_known in self._keys or just_tried:
                return
            self._tried_at = monotonic()
            try:
                keys = parse_keys(self._fetch())
            except AuthUnavailable:
                log.warning("auth's keys could not be fetched", known=len(self._keys))
                return
            if keys:
                self._keys = keys
            else:
                log.error("auth publishes no key that can be used", known=len(self._keys))

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._refresh()
            pause = self._refresh_seconds if self._keys else self._retry_seconds
            self._stopping.wait(pause)
