"""A user of the gateway who writes down how each request went."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

import requests

from devstack.cluster.journal import Journal

ANSWER_SECONDS = 60.0
OK = requests.codes.ok


class RequestFailed(Exception):
    """A request was not answered as it has to be."""


class User:
    """One account; each request has a connection of its own, and so may meet another pod."""

    def __init__(self, journal: Journal, gateway_url: str, email: str, password: str) -> None:
        self._journal = journal
        self._url = gateway_url
        self.login = (email, password)
        self._token = ""

    def log_in(self) -> None:
        """Get a token; raises RequestFailed."""
        self._token = self.request("login", "POST", "/login", auth=self.login).text

    def new_user(self) -> "User":
        """Make an account, as only an admin may, and log in with it."""
        email, password = f"{uuid4().hex[:12]}@example.com", uuid4().hex
        body = {"username": email, "password": password}
        self.request("account", "POST", "/users", json=body, expected=requests.codes.created)
        user = User(self._journal, self._url, email, password)
        user.log_in()
        return user

    def upload(self, content: bytes | Iterable[bytes], name: str, key: str) -> requests.Response:
        """Send a video; the answer is 202, or 409 while an attempt that was cut counts as alive.

        Raises RequestFailed.
        """
        return self.request(
            *("upload", "PUT", "/upload"),
            params={"name": name},
            data=content,
            headers={"Idempotency-Key": key},
            expected=requests.codes.accepted,
            accepted={requests.codes.conflict, requests.codes.too_many_requests},
        )

    def submit(self, url: str, key: str) -> requests.Response:
        """Send a link; the answer is 201. Raises RequestFailed."""
        return self.request(
            *("submit", "POST", "/submit"),
            json={"video_url": url},
            headers={"Idempotency-Key": key},
            expected=requests.codes.created,
            accepted={requests.codes.too_many_requests},
        )

    def job(self, fid: str) -> dict[str, Any]:
        """A job; raises RequestFailed."""
        found: dict[str, Any] = self.request("status", "GET", f"/jobs/{fid}").json()
        return found

    def jobs(self) -> Iterator[dict[str, Any]]:
        """All jobs of this user; raises RequestFailed."""
        path: str | None = "/jobs?limit=100"
        while path:
            page = self.request("status", "GET", path).json()
            yield from page["jobs"]
            path = page["next"] and "/jobs" + page["next"].partition("/jobs")[2]

    def download(self, fid: str) -> bytes:
        """An MP3 that is ready; raises RequestFailed."""
        return self.request("download", "GET", "/download", params={"fid": fid}).content

    def request(
        self,
        kind: str,
        method: str,
        path: str,
        *,
        expected: int = OK,
        accepted: Iterable[int] = (),
        **named: Any,
    ) -> requests.Response:
        """One request; any other status than `expected` and those `accepted` is a failure."""
        headers = named.pop("headers", {})
        if "auth" not in named:
            headers = headers | {"Authorization": f"Bearer {self._token}"}
        began, fault = self._journal.now(), ""
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy of this machine, no .netrc
                answer = session.request(
                    method, self._url + path, headers=headers, timeout=ANSWER_SECONDS, **named
                )
            if answer.status_code != expected and answer.status_code not in accepted:
                fault = f"{answer.status_code} {answer.text.strip()[:200]}"
        except requests.RequestException as error:
            fault = repr(error)[:300]
        self._journal.request(kind, began, fault)
        if fault:
            raise RequestFailed(f"{method} {path}: {fault}")
        return answer
