"""POST /jobs/<fid>/convert over HTTP."""

import json
from typing import Any

import pytest

from tests.integration.gateway.running import RunningGateway


def a_video(gateway: RunningGateway, user: str) -> str:
    """The fid of an upload that is stored and waits for a converter."""
    fid: str = gateway.upload(user, b"video").json()["fid"]
    return fid


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"bitrate": 128, "channels": "mono"}},
        {"data": {"bitrate": "128k", "channels": "1"}},
        {"files": {"bitrate": (None, "128k"), "channels": (None, "mono")}},
        {"params": {"bitrate": "128k", "channels": "mono"}},
    ],
    ids=["JSON", "urlencoded", "form", "URL"],
)
def test_another_mp3_of_a_stored_video(gateway: RunningGateway, sent: dict[str, Any]) -> None:
    """202 with where to look, as for an upload; a new job of the same source, announced."""
    user = gateway.user()
    first = a_video(gateway, user)
    url = gateway.request("GET", f"/jobs/{first}", user).json()["convert_url"]
    assert url.endswith(f"/jobs/{first}/convert")
    gateway.messages()
    answer = gateway.request("POST", f"/jobs/{first}/convert", user, **sent)
    assert answer.status_code == 202
    accepted = answer.json()
    fid = accepted["fid"]
    assert fid != first
    assert accepted["message"] == "success!"
    assert answer.headers["Location"] == f"/jobs/{fid}"
    shown = gateway.request("GET", f"/jobs/{fid}", user).json()
    assert (shown["options"]["bitrate"], shown["options"]["channels"]) == (128, 1)
    [(_, message)] = gateway.messages()
    assert message["job_id"] == fid
    before, after = (gateway.jobs.get(name) for name in (first, fid))
    assert before
    assert after
    assert before.video_fid == after.video_fid == message["video_fid"]


def test_without_a_body_it_is_converted_by_the_defaults(gateway: RunningGateway) -> None:
    """Plain `curl -X POST`."""
    user = gateway.user()
    first = gateway.upload(user, b"video", fields={"quality": "V9"}).json()["fid"]
    answer = gateway.request("POST", f"/jobs/{first}/convert", user)
    assert answer.status_code == 202
    shown = gateway.request("GET", f"/jobs/{answer.json()['fid']}", user).json()
    assert shown["options"] == {"bitrate": None, "quality": 2}


def test_what_cannot_be_is_a_problem(gateway: RunningGateway) -> None:
    """Each with its code, and no job is made of it."""
    user = gateway.user()
    fid = a_video(gateway, user)
    path = f"/jobs/{fid}/convert"
    for status, code, options in (
        (400, "invalid_option", {"json": {"colour": "red"}}),
        (400, "invalid_option", {"json": {"quality": 2}, "params": {"quality": 1}}),
        (400, "malformed_json", {"json": [1]}),
        (400, "file_to_convert", {"files": {"file": ("video.mkv", b"video")}}),
        (413, "too_large", {"data": b"x" * 70_000}),
        (415, "unsupported_options", {"data": b"quality=1", "headers": {"Content-Type": "a/b"}}),
        (405, "method_not_allowed", {"method": "GET"}),
    ):
        method = str(options.pop("method", "POST"))
        answer = gateway.request(method, path, user, **options)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert gateway.request("POST", "/jobs/nonsense/convert", user).status_code == 400
    assert gateway.request("POST", path).status_code == 401
    assert gateway.only_job(user).fid == fid


def test_a_video_that_is_gone_is_a_409(gateway: RunningGateway) -> None:
    """The MP3 is there, its video was not kept."""
    user = gateway.user()
    job = gateway.ready_job(user, b"mp3")
    answer = gateway.request("POST", f"/jobs/{job.fid}/convert", user)
    assert (answer.status_code, answer.json()["code"]) == (409, "source_gone")
    assert "upload it again" in answer.json()["detail"]


def test_only_the_owner_and_admins_can(gateway: RunningGateway) -> None:
    """Another's job is not there; what an admin asks for belongs to the owner of the video."""
    owner = gateway.user()
    first = a_video(gateway, owner)
    stranger = gateway.request("POST", f"/jobs/{first}/convert", gateway.user())
    assert (stranger.status_code, stranger.json()["code"]) == (404, "job_not_found")
    admin = gateway.bearer("admin@example.com", admin=True)
    answer = gateway.request("POST", f"/jobs/{first}/convert", headers=admin)
    assert answer.status_code == 202
    listed = gateway.request("GET", "/jobs", owner).json()["jobs"]
    assert [job["fid"] for job in listed] == [answer.json()["fid"], first]


def test_the_same_key_is_the_same_job(gateway: RunningGateway) -> None:
    """A client whose answer was lost asks again."""
    user = gateway.user()
    path = f"/jobs/{a_video(gateway, user)}/convert"
    headers = {"Idempotency-Key": "again", "Content-Type": "application/json"}
    body = json.dumps({"quality": "V0"})
    fids = {
        gateway.request("POST", path, user, headers=headers, data=body).json()["fid"]
        for _ in range(2)
    }
    assert len(fids) == 1
    other = gateway.request("POST", path, user, headers=headers, data="{}")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
