"""Jobs as their owner sees them over HTTP."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chassis.jobs import Job, State, new_fid, now_utc
from tests import sample_jobs
from tests.integration.gateway.running import PUBLIC_URL, RunningGateway


def test_a_job_is_shown(gateway: RunningGateway) -> None:
    """Every field that the API promises, and Retry-After while there is something to wait for."""
    user = gateway.user()
    fid = gateway.upload(user, b"video").json()["fid"]
    answer = gateway.request("GET", f"/jobs/{fid}", user)
    assert answer.status_code == 200
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "private, no-store"
    shown = answer.json()
    assert set(shown) == {
        *("fid", "username", "status", "state", "progress", "created_at", "updated_at"),
        *("expires_at", "source", "options", "result", "failure", "attempts"),
        *("seconds_waited", "seconds_converted", "status_url", "download_url", "convert_url"),
        *("kind", "link", "page_url", "batch_url"),
    }
    assert shown["status"] == "queued"
    assert shown["state"] == "ONQUEUE"
    assert shown["source"]["size"] == 5
    assert gateway.request("GET", f"/jobs/{fid.upper()}", user).json() == shown


def test_a_finished_job_is_shown(gateway: RunningGateway) -> None:
    """With its result, and nothing to wait for."""
    user = gateway.user()
    job = gateway.ready_job(user, b"mp3")
    answer = gateway.request("GET", f"/jobs/{job.fid}", user)
    assert "Retry-After" not in answer.headers
    assert answer.json()["state"] == "FINISH"
    assert answer.json()["result"]["size"] == 3
    assert answer.json()["expires_at"]


def test_jobs_are_listed_page_by_page(gateway: RunningGateway) -> None:
    """Newest first; `next` leads to the following page, until there is none."""
    user = gateway.user()
    long_ago = now_utc() - timedelta(hours=1)
    made = [
        gateway.insert(sample_jobs.queued(long_ago + timedelta(seconds=n // 2), username=user))
        for n in range(7)
    ]
    seen: list[str] = []
    path: str | None = "/jobs?limit=3"
    while path:
        page = gateway.request("GET", path, user).json()
        seen += [job["fid"] for job in page["jobs"]]
        assert page["next"] is None or page["next"].startswith(f"{PUBLIC_URL}/jobs?")
        path = page["next"] and page["next"].removeprefix(PUBLIC_URL)
    in_order = sorted(made, key=lambda job: (job.created_at, job.fid), reverse=True)
    assert seen == [job.fid for job in in_order]


def test_an_admin_sees_the_jobs_of_all(gateway: RunningGateway) -> None:
    """With `all=1`, and says whose each job is."""
    users = {gateway.user(), gateway.user()}
    for user in users:
        gateway.insert(sample_jobs.queued(now_utc(), username=user))
    headers = gateway.bearer(gateway.user(), admin=True)
    page = gateway.request("GET", "/jobs?all=1&limit=2", headers=headers).json()
    assert {job["username"] for job in page["jobs"]} == users
    assert "all=1" in page["next"]


@pytest.mark.parametrize("make", [sample_jobs.queued, sample_jobs.converting])
def test_an_unfinished_job_is_cancelled(gateway: RunningGateway, make: Callable[..., Job]) -> None:
    """204; it stays visible as cancelled, its source is gone."""
    user = gateway.user()
    job = gateway.insert(make(now_utc(), username=user))
    assert job.video_fid
    with gateway.videos.writer(job.video_fid, name="v", content_type="video/mp4") as writer:
        writer.write(b"x" * 3_000_000)
        writer.finish()
    answer = gateway.request("DELETE", f"/jobs/{job.fid}", user)
    assert answer.status_code == 204
    assert answer.content == b""
    assert gateway.nothing_stored(job)
    shown = gateway.request("GET", f"/jobs/{job.fid}", user).json()
    assert shown["status"] == "cancelled"
    assert shown["failure"]["code"] == "cancelled"


def test_a_finished_job_is_deleted(gateway: RunningGateway) -> None:
    """204, then 404; its MP3 is gone."""
    user = gateway.user()
    job = gateway.ready_job(user, b"x" * 2_000_000)
    assert job.mp3_fid
    assert gateway.request("DELETE", f"/jobs/{job.fid}", user).status_code == 204
    assert gateway.request("GET", f"/jobs/{job.fid}", user).status_code == 404
    assert gateway.request("DELETE", f"/jobs/{job.fid}", user).status_code == 404
    assert job.mp3_fid not in gateway.mp3s.media_ids(None, 1000)


def test_cancelling_twice_deletes(gateway: RunningGateway) -> None:
    """A cancelled job is a finished one."""
    user = gateway.user()
    fid = gateway.upload(user, b"video").json()["fid"]
    for status in (204, 204, 404):
        assert gateway.request("DELETE", f"/jobs/{fid}", user).status_code == status


def test_an_admin_may_delete_anybodys_job(gateway: RunningGateway) -> None:
    """Admins see all jobs, and may end them."""
    job = gateway.insert(sample_jobs.queued(now_utc(), username=gateway.user()))
    headers = gateway.bearer(gateway.user(), admin=True)
    assert gateway.request("DELETE", f"/jobs/{job.fid}", headers=headers).status_code == 204
    left = gateway.jobs.get(job.fid)
    assert left
    assert left.state is State.CANCELLED


def test_it_makes_no_difference_how_a_job_is_asked_for(gateway: RunningGateway) -> None:
    """The request that has a way of its own is answered as Flask answers it with a slash more."""
    user = gateway.user()
    queued = gateway.insert(sample_jobs.queued(now_utc(), username=user, name="Übung 動画.mkv"))
    failed = gateway.insert(sample_jobs.failed(now_utc(), username=user))
    ready = gateway.ready_job(user, b"mp3")
    linked = gateway.insert(sample_jobs.linked(now_utc(), username=user))
    owner, other = gateway.bearer(user), gateway.bearer(gateway.user())
    admin = gateway.bearer(gateway.user(), admin=True)
    asked: list[tuple[str, dict[str, str]]] = [
        *((job.fid, owner) for job in (queued, failed, ready, linked)),
        *((queued.fid, headers) for headers in (admin, other, {}, {"Authorization": "Basic x"})),
        *((fid, owner) for fid in (new_fid(), new_fid().upper(), "-" * 36)),
    ]
    statuses: set[int] = set()
    for fid, headers in asked:
        answers = [
            gateway.request("GET", f"/jobs/{fid}{slash}", headers=headers) for slash in ("", "/")
        ]
        direct, flask = [
            (answer.status_code, answer.content, {**answer.headers} | {"Date": ""})
            for answer in answers
        ]
        assert direct == flask
        statuses.add(direct[0])
    assert statuses == {200, 400, 401, 404}
