"""Problem details: how every HTTP error of every service looks (RFC 9457)."""

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that says what is wrong: `code` for programs, `detail` for people.

    `extensions` are further members (RFC 9457, section 3.2).
    """

    status: int
    code: str
    detail: str
    headers: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)

    def to_body(self) -> bytes:
        """The members `type`, `title`, `status`, `detail`, `code` and further extensions, as JSON.

        `type` is `about:blank`: the status says what kind of problem it is, `code` which one.
        """
        members = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.extensions,
        }
        return (json.dumps(members) + "\n").encode()
