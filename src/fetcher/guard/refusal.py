"""What the guard answers by itself, in a way that no site can imitate."""

import json
from enum import StrEnum
from typing import Final

REFUSAL_HEADER: Final = "Guard-Refusal"
"""Stands in every answer of the guard's own, with the code; it is taken out of what sites say."""


class RefusalCode(StrEnum):
    """Why the guard answers by itself."""

    URL_NOT_ALLOWED = "url_not_allowed"
    """Rules forbid the host, the port, or an address that the name stands for."""
    UNKNOWN_HOST = "unknown_host"
    """There is no such name, or it has no address."""
    UNREACHABLE = "unreachable"
    """Name servers or the site do not answer, or the site breaks off before it has answered."""
    BAD_REQUEST = "bad_request"
    """The client is at fault: this is no request for a proxy such as this."""
    NO_SESSION = "no_session"
    """The client has not said whose session it is, or the session is over."""


class Refused(Exception):
    """A request is answered by the guard itself: HTTP `status`, `code`, and a sentence."""

    def __init__(self, status: int, code: RefusalCode, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail

    def answer(self) -> bytes:
        """The whole response; its reason phrase is the code, which tools show their users."""
        body = json.dumps({"code": self.code, "detail": self.detail}).encode()
        lines = [
            f"HTTP/1.1 {self.status} {self.code}",
            f"{REFUSAL_HEADER}: {self.code}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        if self.code is RefusalCode.NO_SESSION:
            lines.append('Proxy-Authenticate: Basic realm="guard"')
        return "\r\n".join([*lines, "", ""]).encode() + body


def bad_request(detail: str, status: int = 400) -> Refused:
    """A refusal of what is no request for this proxy."""
    return Refused(status, RefusalCode.BAD_REQUEST, detail)


def unreachable(detail: str, *, in_time: bool = True) -> Refused:
    """A refusal because the site cannot be reached; not `in_time`: it did not answer."""
    return Refused(502 if in_time else 504, RefusalCode.UNREACHABLE, detail)
