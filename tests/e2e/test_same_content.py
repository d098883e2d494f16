"""The same video with the same options is converted once, and stored once."""

import json

import requests

from chassis.mongo import GridFsMediaStore, MongoJobStore, connect
from chassis.mongo.media import MP3S, VIDEOS
from devstack.stack import LOGIN_EMAIL, Stack
from tests.e2e.shell import Shell
from tests.waiting import wait_for

UPLOAD = "-X POST -F 'file=@./video.mkv' -F quality=V5"


def test_a_second_upload_is_ready_in_its_answer(stack: Stack, shell: Shell) -> None:
    """Both have their own job, mail and download; what is stored goes with the last of them."""
    fids = []
    for expected in ("queued", "ready"):
        answer = json.loads(shell.curl("/upload", UPLOAD)[1])
        assert answer["status"] == expected
        fids.append(answer["fid"])
        stack.mail_sink.mails.wait_for(to=LOGIN_EMAIL, text=answer["fid"])
    contents = []
    for fid in fids:
        shell.run(
            f'curl -sS -H "Authorization: Bearer $TOKEN" -o {fid}.mp3 '
            f"{stack.gateway_url}/download?fid={fid}"
        )
        contents.append((shell.folder / f"{fid}.mp3").read_bytes())
    assert contents[0] == contents[1]
    with connect(stack.mongodb.url, "tests") as client:
        jobs, mp3s = MongoJobStore(client), GridFsMediaStore(client, MP3S)
        videos = GridFsMediaStore(client, VIDEOS)
        first, second = (jobs.get(fid) for fid in fids)
        assert first is not None
        assert second is not None
        assert first.mp3_fid == second.mp3_fid
        wait_for(lambda: not videos.media_ids(None, 10), what="the end of both videos")
        assert shell.curl(f"/jobs/{fids[0]}", "-X DELETE")[0] == 204
        assert shell.curl(f"/download?fid={fids[1]}", "-o again.mp3")[0] == 200
        assert (shell.folder / "again.mp3").read_bytes() == contents[0]
        assert shell.curl(f"/jobs/{fids[1]}", "-X DELETE")[0] == 204
        assert second.mp3_fid not in mp3s.media_ids(None, 1000)


def test_uploads_at_the_same_time_are_converted_once(stack: Stack, shell: Shell) -> None:
    """With a converter that does two at once: one conversion, and a mail for each."""
    before = conversions(stack)
    command = f'curl -sS -H "Authorization: Bearer $TOKEN" {UPLOAD} {stack.gateway_url}/upload'
    names = [f"answer-{number}" for number in range(4)]
    shell.run("\n".join([*(f"{command} > {name} &" for name in names), "wait"]))
    fids = [json.loads((shell.folder / name).read_text())["fid"] for name in names]
    for fid in fids:
        stack.mail_sink.mails.wait_for(to=LOGIN_EMAIL, text=fid)
    results = [shell.json(f"/jobs/{fid}")["result"] for fid in fids]
    assert all(result == results[0] for result in results)
    assert conversions(stack) == before + 1


def conversions(stack: Stack) -> int:
    """How many MP3s the converter has made."""
    text = requests.get(stack.services["converter"].metrics_url, timeout=10).text
    counts = [
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith('conversions_total{outcome="ready"}')
    ]
    return int(sum(counts))
