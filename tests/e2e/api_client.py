"""A user of a running stack, who is logged in and speaks HTTP."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import requests

from devstack.stack import LOGIN_EMAIL, Stack
from tests.waiting import wait_for

REQUEST_SECONDS = 60
UNFINISHED = {"receiving", "queued", "fetching", "converting"}


class ApiClient:
    """Logs in when it is made; every request carries the token."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.gateway_url
        self._session = requests.Session()
        self._session.trust_env = False
        login = self._session.post(
            f"{self._url}/login",
            auth=(LOGIN_EMAIL, stack.login_password),
            timeout=REQUEST_SECONDS,
        )
        assert login.status_code == 200, login.text
        self._session.headers["Authorization"] = f"Bearer {login.text}"

    def upload(self, path: Path, **options: str) -> str:
        """Upload a file under its own name; the fid of its job."""
        with path.open("rb") as content:
            answer = self._session.post(
                f"{self._url}/upload",
                files={"file": (path.name, content)},
                data=options,
                timeout=REQUEST_SECONDS,
            )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["fid"])

    def submit(self, url: str, **options: str) -> str:
        """Submit a link; the fid of its job."""
        answer = self._session.post(
            f"{self._url}/submit", json={"video_url": url} | options, timeout=REQUEST_SECONDS
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["fid"])

    def get(self, path: str) -> requests.Response:
        """The answer to a GET, whatever it is."""
        return self._session.get(f"{self._url}{path}", timeout=REQUEST_SECONDS)

    def job(self, fid: str) -> dict[str, Any]:
        """The job as the API shows it."""
        answer = self._session.get(f"{self._url}/jobs/{fid}", timeout=REQUEST_SECONDS)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    def finished(self, fids: Collection[str], seconds: float) -> dict[str, dict[str, Any]]:
        """The jobs by fid, once every one of them is finished, well or badly."""
        jobs: dict[str, dict[str, Any]] = {}

        def all_finished() -> bool:
            for fid in set(fids) - jobs.keys():
                job = self.job(fid)
                if job["status"] in UNFINISHED:
                    return False
                jobs[fid] = job
            return True

        wait_for(all_finished, seconds, f"the end of {len(fids)} jobs")
        return jobs

    def download(self, fid: str) -> requests.Response:
        """The answer to a download, whatever it is."""
        return self._session.get(
            f"{self._url}/download", params={"fid": fid}, timeout=REQUEST_SECONDS
        )
