"""Cookies as yt-dlp hands them over with a format: scoped, in the syntax of Set-Cookie."""

from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit


def cookie_header(cookies: str, url: str) -> str | None:
    """The Cookie field for a request to `url`; None where no cookie is meant for it."""
    parsed: SimpleCookie = SimpleCookie()
    try:
        parsed.load(cookies)
    except CookieError:
        return None
    target = urlsplit(url)
    host, path = (target.hostname or "").lower(), target.path or "/"
    pairs = [
        f"{name}={morsel.coded_value}"
        for name, morsel in parsed.items()
        if _in_domain(host, morsel["domain"].lower())
        and _in_path(path, morsel["path"] or "/")
        and (target.scheme == "https" or not morsel["secure"])
    ]
    return "; ".join(pairs) or None


def _in_domain(host: str, domain: str) -> bool:
    """RFC 6265, section 5.1.3; a cookie without a domain is for no site that is known."""
    bare = domain.removeprefix(".")
    return bool(bare) and (host == bare or host.endswith(f".{bare}"))


def _in_path(path: str, scope: str) -> bool:
    """RFC 6265, section 5.1.4."""
    return path == scope or path.startswith(scope if scope.endswith("/") else f"{scope}/")
