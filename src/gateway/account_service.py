"""auth as the gateway reaches it: over HTTP, bounded in time and size."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import requests
import structlog

from gateway.refusals import AuthUnavailable

log = structlog.get_logger(__name__)

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 15.0
MAX_ANSWER_BYTES: Final = 1 << 20
KEYS_PATH: Final = "/.well-known/jwks.json"
_PASSED_BACK: Final = (
    "Content-Type",
    "WWW-Authenticate",
    "Retry-After",
    "Cache-Control",
    "Location",
    "Allow",
    "ETag",
)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """A request as it is passed on; `path` is decoded, `query` is not."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """auth's answer, without what belongs to the connection to auth alone."""

    status: int
    headers: dict[str, str]
    body: bytes


class AccountService:
    """auth at `url`. Each request has a connection of its own: none is found dead when needed."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def forward(self, request: Forwarded) -> Answer:
        """Pass `request` on; returns the answer, raises AuthUnavailable."""
        url = self._url + quote(request.path, safe="/")
        with self._answer(
            request.method, f"{url}?{request.query}" if request.query else url, request
        ) as response:
            headers = {
                name: response.headers[name] for name in _PASSED_BACK if name in response.headers
            }
            return Answer(response.status_code, headers, _bounded(response))

    def keys(self) -> object:
        """The JWK Set that auth publishes, as parsed JSON; raises AuthUnavailable."""
        request = Forwarded("GET", KEYS_PATH, "", {"Accept": "application/json"}, b"")
        with self._answer("GET", self._url + KEYS_PATH, request) as response:
            body = _bounded(response)
            if response.status_code != requests.codes.ok:
                raise AuthUnavailable
            try:
                return json.loads(body)
            except ValueError as error:
                raise AuthUnavailable from error

    @contextlib.contextmanager
    def _answer(self, method: str, url: str, request: Forwarded) -> Iterator[requests.Response]:
        headers = {**request.headers, "Accept-Encoding": "identity", "Connection": "close"}
        try:
            with requests.Session() as session:
                # No proxy and no .netrc of this machine has a say in it.
                session.trust_env = False
                with session.request(
                    method,
                    url,
                    data=request.body,
                    headers=headers,
                    allow_redirects=False,
                    stream=True,
                    timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                ) as response:
                    yield response
        except requests.RequestException as error:
            log.warning("auth did not answer", error=type(error).__name__)
            raise AuthUnavailable from error


def _bounded(response: requests.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_content(64 * 1024):
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            log.error("auth's answer is too large")
            raise AuthUnavailable
    return bytes(body)
