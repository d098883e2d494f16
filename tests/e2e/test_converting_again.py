"""Other MP3s of a video that is stored, while others ask for them too or let go of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chassis.mongo import GridFsMediaStore, connect
from chassis.mongo.media import VIDEOS
from devstack.stack import LOGIN_EMAIL, Stack
from tests.e2e.shell import Shell
from tests.e2e.test_same_content import conversions
from tests.waiting import wait_for


@contextmanager
def converter_away(stack: Stack) -> Iterator[None]:
    """Meanwhile nothing is converted."""
    stack.services["converter"].stop()
    try:
        yield
    finally:
        stack.services["converter"].start()


def at_once(shell: Shell, *requests: str) -> list[tuple[int, str]]:
    """Status and body of the answers to curl's requests, which are sent at the same time."""
    gateway = shell.stack.gateway_url
    names = [f"answer-{number}" for number in range(len(requests))]
    shell.run(
        "\n".join(
            f'curl -sS -H "Authorization: Bearer $TOKEN" -w "\\n%{{http_code}}" -o {name}.body'
            f" {request.replace('GATEWAY', gateway)} > {name} &"
            for name, request in zip(names, requests, strict=True)
        )
        + "\nwait"
    )
    return [
        (int((shell.folder / name).read_text()), (shell.folder / f"{name}.body").read_text())
        for name in names
    ]


def ready(shell: Shell, fid: str) -> dict[str, Any]:
    """The job, once it is ready."""

    def job() -> dict[str, Any]:
        shown: dict[str, Any] = shell.json(f"/jobs/{fid}")
        return shown

    wait_for(lambda: job()["status"] in ("ready", "failed"), what=f"the end of {fid}")
    assert job()["status"] == "ready", job()["failure"]
    return job()


def test_the_same_asked_for_at_once_is_converted_once(stack: Stack, shell: Shell) -> None:
    """Each has its own job and mail; one of them is converted, the others wait for it."""
    with converter_away(stack):
        first = shell.upload("video.mkv", "-F quality=V3")
        again = f"-d bitrate=96k GATEWAY/jobs/{first}/convert"
        answers = at_once(shell, *[again] * 4)
        assert [status for status, _ in answers] == [202] * 4
        fids = [json.loads(body)["fid"] for _, body in answers]
        assert len({first, *fids}) == 5
    jobs = [ready(shell, fid) for fid in fids]
    assert sorted(job["attempts"] for job in jobs) == [0, 0, 0, 1]
    assert {job["result"]["sha256"] for job in jobs} == {jobs[0]["result"]["sha256"]}
    assert ready(shell, first)["result"]["sha256"] != jobs[0]["result"]["sha256"]
    for fid in (first, *fids):
        stack.mail_sink.mails.wait_for(to=LOGIN_EMAIL, text=fid)
    assert conversions(stack) == 2  # of a converter that has started anew


def test_a_video_whose_first_job_is_deleted_meanwhile(stack: Stack, shell: Shell) -> None:
    """It is converted for the second, and goes with that."""
    with converter_away(stack):
        first = shell.upload("video.mkv", "-F quality=V3")
        status, body = shell.curl(f"/jobs/{first}/convert", "-d bitrate=112k")
        assert status == 202
        assert shell.curl(f"/jobs/{first}", "-X DELETE")[0] == 204
        status, refused = shell.curl(f"/jobs/{first}/convert", "-d bitrate=128k")
        assert (status, json.loads(refused)["code"]) == (409, "source_gone")
    second = ready(shell, json.loads(body)["fid"])
    assert second["result"]["mode"] == "CBR 112"
    with connect(stack.mongodb.url, "tests") as client:
        videos = GridFsMediaStore(client, VIDEOS)
        wait_for(lambda: not videos.media_ids(None, 10), what="the end of the video")


def test_who_converts_and_deletes_at_once_is_answered(stack: Stack, shell: Shell) -> None:
    """Either the video is gone, which is said, or the MP3 comes."""
    accepted = []
    with converter_away(stack):
        for _ in range(5):
            first = shell.upload("video.mkv", "-F quality=V3")
            (status, body), (deleted, _body) = at_once(
                shell,
                f"-d bitrate=80k GATEWAY/jobs/{first}/convert",
                f"-X DELETE GATEWAY/jobs/{first}",
            )
            answer = json.loads(body)
            assert deleted == 204
            assert (status, answer.get("code")) in ((202, None), (409, "source_gone"))
            if status == 202:
                accepted.append(answer["fid"])
    for fid in accepted:
        assert ready(shell, fid)["result"]["mode"] == "CBR 80"
    with connect(stack.mongodb.url, "tests") as client:
        videos = GridFsMediaStore(client, VIDEOS)
        wait_for(lambda: not videos.media_ids(None, 10), what="the end of the videos")
