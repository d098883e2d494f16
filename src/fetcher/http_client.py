"""HTTP requests to strangers' sites: through the guard, redirects judged and followed here."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urljoin

from urllib3 import BaseHTTPResponse, HTTPHeaderDict, ProxyManager, Timeout
from urllib3.exceptions import HTTPError, SSLError

from chassis.errors import InvalidUrl
from chassis.link_rules import LinkRules
from chassis.link_url import LinkUrl, parse_link
from fetcher.failures import failure
from fetcher.guard.refusal import REFUSAL_HEADER
from fetcher.guard.session import Session
from fetcher.http_statuses import REDIRECTS
from fetcher.limits import MAX_REDIRECTS
from fetcher.watch import Watch

USER_AGENT: Final = "video-to-mp3"

_CONNECT_SECONDS: Final = 15.0
_IN_LOCATION: Final = "/:?#[]@!$&'()*+,;=-._~%"  # RFC 3986, section 2
_FOR_ONE_SITE: Final = frozenset({"authorization", "cookie", "referer"})


class Broken(Exception):
    """A connection could not be made, or it broke, or it brought nothing for too long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A site's answer that is no redirect: where it came from at last, and what it says."""

    url: LinkUrl
    response: BaseHTTPResponse

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def headers(self) -> HTTPHeaderDict:
        """The fields of the answer."""
        return self.response.headers

    @property
    def encoded(self) -> bool:
        """Whether the content is compressed, although we did not take that."""
        return self.headers.get("Content-Encoding", "identity").strip().lower() != "identity"

    def read(self, size: int) -> bytes:
        """The next bytes: `size` of them, or fewer at the end or before a break, b"" at the end.

        Raises Broken.
        """
        with _connection_errors():
            return self.response.read(size, decode_content=False)

    def cut(self) -> None:
        """End what waits for this answer in another thread."""
        try:
            self.response.shutdown()
        except (OSError, RuntimeError, ValueError):
            return  # it has come to its end meanwhile


class HttpClient:
    """Requests of one fetch, through one session of the guard. TLS certificates are verified."""

    def __init__(
        self, session: Session, rules: LinkRules, watch: Watch, stall_seconds: float
    ) -> None:
        self._session = session
        self._rules = rules
        self._watch = watch
        self._pool = ProxyManager(
            session.proxy_url,
            proxy_headers=session.proxy_headers,
            timeout=Timeout(connect=_CONNECT_SECONDS, read=stall_seconds),
            retries=False,
            ssl_context=ssl.create_default_context(),
        )

    @contextmanager
    def opened(self, url: str, headers: Mapping[str, str]) -> Iterator[Answer]:
        """The answer to GET, after redirects; its connection is closed on leaving.

        An answer that leads to a site with a key of its own is not followed there: its `url` is
        where it leads. Raises Broken; Permanent for a redirect that is not allowed, or too many;
        as Watch.check.
        """
        answer = self._follow(self._parsed(url), HTTPHeaderDict(headers))
        try:
            with self._watch.cutting(answer.cut):
                yield answer
        finally:
            answer.response.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._pool.clear()

    def _follow(self, url: LinkUrl, headers: HTTPHeaderDict) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            self._watch.check()
            answer = Answer(url, self._get(url, headers))
            location = answer.headers.get("Location")
            if answer.status not in REDIRECTS or location is None:
                return answer
            answer.response.close()
            target = self._target(url, location)
            if target.key != target.url:
                return Answer(target, answer.response)
            if (target.host, target.port) != (url.host, url.port):
                for name in _FOR_ONE_SITE:
                    headers.discard(name)
            url = target
        raise failure("too_many_redirects")

    def _get(self, url: LinkUrl, headers: Mapping[str, str]) -> BaseHTTPResponse:
        sent = HTTPHeaderDict({"User-Agent": USER_AGENT, "Accept": "*/*"})
        sent.update(headers)
        sent["Accept-Encoding"] = "identity"
        refused, unknown = len(self._session.refusals), len(self._session.unknown_hosts)
        try:
            with _connection_errors():
                response = self._pool.request(
                    "GET", url.url, headers=sent, redirect=False, preload_content=False
                )
                _raise_for_guard(response)
        except Broken as error:
            if len(self._session.refusals) > refused:
                raise failure("url_not_allowed") from error
            if len(self._session.unknown_hosts) > unknown:
                raise failure("unknown_host") from error
            raise
        return response

    def _target(self, url: LinkUrl, location: str) -> LinkUrl:
        # Fields are ISO 8859-1 to Python, what servers put in beyond ASCII is UTF-8.
        raw = quote(location.encode("iso-8859-1", "replace"), safe=_IN_LOCATION)
        return self._parsed(raw, url.url)

    def _parsed(self, url: str, base: str = "") -> LinkUrl:
        try:
            return parse_link(urljoin(base, url), self._rules)
        except (InvalidUrl, ValueError) as error:  # the latter is urljoin's
            raise failure("site_unavailable", "The site led to an address that is none.") from error


def _raise_for_guard(response: BaseHTTPResponse) -> None:
    """The guard, not the site, has answered: there was no connection."""
    refusal = response.headers.get(REFUSAL_HEADER)
    if refusal is not None:
        response.close()
        raise Broken(refusal)


@contextmanager
def _connection_errors() -> Iterator[None]:
    try:
        yield
    except SSLError as error:
        if isinstance(error.args[0] if error.args else None, ssl.SSLCertVerificationError):
            raise failure(
                "site_unavailable", "The site's certificate is not valid: it may be another site."
            ) from error
        raise Broken(str(error)) from error
    except (HTTPError, OSError) as error:
        raise Broken(str(error)) from error
