"""POST /submit and /batches over HTTP; the fetcher's part is played by documents."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chassis.jobs import Batch, Failure, State, is_fid, new_fid, now_utc
from chassis.media_cache import AskedSite
from chassis.sources import Source
from tests import sample_jobs
from tests.integration.gateway.conftest import StartGateway
from tests.integration.gateway.running import PUBLIC_URL, RunningGateway

_numbers = itertools.count(1)


def a_url() -> str:
    return f"https://videos.example.com/{next(_numbers)}.mp4"


@pytest.mark.parametrize(
    "sent",
    [
        {"json": {"video_url": "URL", "bitrate": 128}},
        {"data": {"video_url": "URL", "bitrate": "128k"}},
        {"files": {"video_url": (None, "URL"), "bitrate": (None, "128")}},
        {"data": {"video_url": "URL"}, "params": {"bitrate": "128k"}},
    ],
    ids=["JSON", "urlencoded", "form", "URL"],
)
def test_a_link_is_a_job(gateway: RunningGateway, sent: dict[str, Any]) -> None:
    """201 with where to look, for programs and for browsers; the fetchers are told."""
    user, url = gateway.user(), a_url()
    gateway.messages("link")
    body = json.loads(json.dumps(sent).replace("URL", url))
    answer = gateway.request("POST", "/submit", user, **body)
    assert answer.status_code == 201
    accepted = answer.json()
    fid = accepted["fid"]
    assert is_fid(fid)
    assert answer.headers["Location"] == f"/jobs/{fid}"
    assert accepted == {
        "message": "success!",
        "message_code": "ONQUEUE",
        "fid": fid,
        "status": "queued",
        "status_url": f"{PUBLIC_URL}/jobs/{fid}",
        "download_url": f"{PUBLIC_URL}/download?fid={fid}",
        "page_url": f"{PUBLIC_URL}/download-music/{fid}",
    }
    shown = gateway.request("GET", f"/jobs/{fid}", user).json()
    assert (shown["link"], shown["kind"]) == ({"url": url, "sha256": None}, "mp3")
    assert shown["options"]["bitrate"] == 128
    [(_, message)] = gateway.messages("link")
    assert (message["job_id"], message["video_fid"]) == (fid, None)


def test_the_same_link_again_is_ready_in_the_answer(gateway: RunningGateway) -> None:
    """Whoever sent it first: the MP3 is there and the site was asked a moment ago."""
    url = a_url()
    content = gateway.cached_file(url, b"a video" * 1000)
    cached = gateway.cache.link(url)
    assert cached
    first = gateway.request("POST", "/submit", gateway.user(), json={"video_url": url}).json()
    ready = gateway.ready_job(gateway.user(), b"mp3")
    known = gateway.jobs.get(first["fid"])
    assert known
    owner = replace(
        known,
        state=State.READY,
        result=ready.result,
        mp3_fid=ready.mp3_fid,
        source=replace(known.source, media=sample_jobs.FACTS),
    )
    assert gateway.jobs.update(known.fid, lambda _: owner)
    user = gateway.user()
    gateway.messages("link")
    gateway.messages("mp3")
    answer = gateway.request("POST", "/submit", user, json={"video_url": url})
    assert (answer.status_code, answer.json()["message_code"]) == (201, "FINISH")
    assert answer.json()["status"] == "ready"
    shown = gateway.request("GET", f"/jobs/{answer.json()['fid']}", user).json()
    assert (shown["source"]["sha256"], shown["source"]["name"]) == (content.sha256, "A song")
    assert shown["source"]["metadata"]["artist"] == "Somebody"
    download = gateway.request("GET", f"/download?fid={shown['fid']}", user)
    assert download.content == b"mp3"
    assert gateway.messages("link") == []
    assert len(gateway.messages("mp3")) == 1


def test_what_cannot_be_is_a_problem(gateway: RunningGateway) -> None:
    """Each with its status, its code, and the words of the older system."""
    user, gone = gateway.user(), a_url()
    why = Failure("video_unavailable", "This video was removed.")
    gateway.cache.remember_asked(AskedSite(gone, now_utc() + timedelta(hours=1), why))
    for status, code, message_code, sent in (
        (400, "invalid_url", "INVALID_URL", {"json": {"video_url": "nonsense"}}),
        (400, "link_required", "INVALID_URL", {"json": {"bitrate": 128}}),
        (400, "video_does_not_exist", "VIDEO_DONT_EXISTS", {"json": {"video_url": gone}}),
        (422, "url_not_allowed", "URL_NOT_ALLOWED", {"json": {"video_url": "http://10.0.0.1/x"}}),
        (422, "url_not_allowed", "URL_NOT_ALLOWED", {"data": {"video_url": "file:///etc/x"}}),
        (400, "invalid_option", "INVALID_OPTION", {"data": {"video_url": a_url(), "x": "1"}}),
        (400, "malformed_json", "MALFORMED_JSON", {"json": [a_url()]}),
        (
            400,
            "invalid_checksum",
            "INVALID_CHECKSUM",
            {"json": {"video_url": a_url(), "sha256": "x"}},
        ),
        (400, "nothing_accepted", "NOTHING_ACCEPTED", {"json": {"video_urls": ["x", gone]}}),
        (413, "too_many_entries", "TOO_MANY_ENTRIES", {"json": {"video_urls": [a_url()] * 51}}),
    ):
        answer = gateway.request("POST", "/submit", user, **sent)
        problem = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.status_code, problem["code"]) == (status, code)
        assert (problem["message_code"], problem["message"]) == (message_code, problem["detail"])
    assert gateway.request("POST", "/submit", json={"video_url": a_url()}).status_code == 401
    assert not gateway.jobs.newest(user, 10)


def test_the_same_key_is_the_same_job(gateway: RunningGateway) -> None:
    """A client whose answer was lost asks again; an upload with that key is a mistake."""
    user, headers = gateway.user(), {"Idempotency-Key": "again"}
    sent = {"video_url": a_url()}
    fids = {
        gateway.request("POST", "/submit", user, json=sent, headers=headers).json()["fid"]
        for _ in range(2)
    }
    assert len(fids) == 1
    other = gateway.request("POST", "/submit", user, json={"video_url": a_url()}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    upload = gateway.upload(user, b"video", headers=headers)
    assert (upload.status_code, upload.json()["code"]) == (422, "idempotency_key_reused")


def test_a_job_by_link_can_be_converted_when_nothing_of_it_is_stored(
    gateway: RunningGateway,
) -> None:
    """Its link is submitted anew, with the other options."""
    user = gateway.user()
    fid = gateway.request("POST", "/submit", user, json={"video_url": a_url()}).json()["fid"]
    url = gateway.request("GET", f"/jobs/{fid}", user).json()["convert_url"]
    assert url == f"{PUBLIC_URL}/jobs/{fid}/convert"
    path = url.removeprefix(PUBLIC_URL)
    headers = {"Idempotency-Key": "convert"}
    answers = [
        gateway.request("POST", path, user, json={"quality": "V0"}, headers=headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    [again] = {answer.json()["fid"] for answer in answers}
    job = gateway.jobs.get(again)
    first = gateway.jobs.get(fid)
    assert job
    assert first
    assert (job.link, job.options.quality, job.needs_fetch) == (first.link, 0, True)


def test_a_batch_and_its_end(gateway: RunningGateway) -> None:
    """A job for each link, shown in their order; the same key gives the same; DELETE ends all."""
    user, urls = gateway.user(), [a_url(), "http://127.0.0.1/", a_url()]
    headers = {"Idempotency-Key": "batch"}
    first, again = (
        gateway.request("POST", "/submit", user, json={"video_urls": urls}, headers=headers)
        for _ in range(2)
    )
    assert first.status_code == again.status_code == 201
    accepted = first.json()
    assert again.json() == accepted
    path = f"/batches/{accepted['batch_id']}"
    assert first.headers["Location"] == path
    assert accepted["batch_url"] == PUBLIC_URL + path
    assert [link["code"] for link in accepted["refused"]] == ["url_not_allowed"]
    fids = [job["fid"] for job in accepted["jobs"]]
    answer = gateway.request("GET", path, user)
    shown = answer.json()
    assert answer.headers["Retry-After"]
    assert (shown["finished"], shown["counts"], shown["playlist"]) == (False, {"queued": 2}, None)
    assert [(entry["position"], entry["job"]["fid"]) for entry in shown["entries"]] == [
        *((0, fids[0]), (2, fids[1])),
    ]
    assert shown["entries"][0]["job"]["batch_url"] == PUBLIC_URL + path
    for who, status in ((gateway.user(), 404), (None, 401)):
        assert gateway.request("GET", path, who).status_code == status
        assert gateway.request("DELETE", path, who).status_code == status
    assert gateway.request("GET", f"/batches/{new_fid()}", user).status_code == 404
    assert gateway.request("GET", "/batches/nonsense", user).status_code == 400
    assert gateway.request("DELETE", path, user).status_code == 204
    shown = gateway.request("GET", path, user).json()
    assert (shown["finished"], shown["counts"]) == (True, {"cancelled": 2})
    assert gateway.request("DELETE", path, user).status_code == 204
    assert gateway.request("GET", path, user).status_code == 404


def test_a_batch_as_fields_of_a_form(gateway: RunningGateway) -> None:
    """`curl -d video_urls=... -d video_urls=...`."""
    data = [("video_urls", a_url()), ("video_urls", a_url()), ("quality", "V9")]
    answer = gateway.request("POST", "/submit", gateway.user(), data=data)
    assert answer.status_code == 201
    assert len(answer.json()["jobs"]) == 2


def test_a_playlist_is_a_batch_of_what_it_lists(gateway: RunningGateway) -> None:
    """One job lists it; those of its videos come under its id, with its title."""
    user = gateway.user()
    url = "https://www.youtube.com/playlist?list=PL1234567890abcdef"
    refused = gateway.request("POST", "/submit", user, json={"video_url": url})
    assert (refused.status_code, refused.json()["message_code"]) == (400, "INVALID_URL")
    assert "playlist_url" in refused.json()["detail"]
    answer = gateway.request("POST", "/submit", user, json={"playlist_url": url})
    assert answer.status_code == 201
    accepted = answer.json()
    batch_id = accepted["batch_id"]
    assert accepted["fid"] == batch_id
    assert (accepted["download_url"], accepted["page_url"]) == (None, None)
    path = f"/batches/{batch_id}"
    shown = gateway.request("GET", path, user).json()
    assert (shown["playlist"]["status"], shown["finished"]) == ("queued", False)

    gateway.jobs.update(
        batch_id, lambda job: replace(job, state=State.READY, source=Source("My list"))
    )
    entry = replace(sample_jobs.linked(now_utc(), username=user), batch=Batch(batch_id, 0))
    gateway.insert(entry)
    shown = gateway.request("GET", path, user).json()
    assert (shown["playlist"]["title"], shown["finished"]) == ("My list", False)
    assert [entry["job"]["fid"] for entry in shown["entries"]] == [entry.fid]
    for request in (("GET", f"/download?fid={batch_id}"), ("POST", f"/jobs/{batch_id}/convert")):
        answer = gateway.request(*request, user)
        assert (answer.status_code, answer.json()["code"]) == (409, "makes_no_mp3")


def test_a_queue_that_is_away_is_no_error(start_gateway: StartGateway) -> None:
    """The job is durable, and the sweeper announces it."""
    gateway = start_gateway(amqp_url="amqp://127.0.0.1:1/", max_unfinished_jobs=2)
    user = gateway.user()
    answer = gateway.request("POST", "/submit", user, json={"video_url": a_url()})
    assert answer.status_code == 201
    assert gateway.only_job(user).needs_fetch
    both = {"video_urls": [a_url(), a_url()]}
    answer = gateway.request("POST", "/submit", user, json=both)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_jobs")
    assert "Retry-After" in answer.headers
    assert gateway.only_job(user)
