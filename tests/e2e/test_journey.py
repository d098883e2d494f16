"""The journey of a user with curl alone, against the real processes."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests

from chassis.jobs import now_utc
from chassis.mongo import GridFsMediaStore, MongoJobStore, connect
from chassis.mongo.media import MP3S, VIDEOS
from devstack.maildir import plain_text
from devstack.stack import LOGIN_EMAIL, Stack
from tests.e2e.shell import Shell, readme_journey, readme_raw_upload
from tests.waiting import wait_for


def wait_until_finished(shell: Shell, fid: str) -> dict[str, Any]:
    def finished() -> bool:
        return shell.json(f"/jobs/{fid}")["status"] in ("ready", "failed")

    wait_for(finished, what=f"the end of job {fid}")
    job: dict[str, Any] = shell.json(f"/jobs/{fid}")
    return job


def probe(shell: Shell, name: str) -> dict[str, Any]:
    printed = shell.run(f"ffprobe -v error -of json -show_streams -show_format {name}")
    found: dict[str, Any] = json.loads(printed)
    return found


def test_the_journey_as_the_readme_prints_it(stack: Stack, shell: Shell) -> None:
    """README's own commands lead from a login to a tagged MP3, by way of the email."""
    log_in, upload, download = (
        line.replace("EMAIL:PASSWORD", f"{LOGIN_EMAIL}:{stack.login_password}").replace(
            "http://127.0.0.1:8080", stack.gateway_url
        )
        for line in readme_journey()
    )
    shell.run(log_in)
    answer = json.loads(shell.run(upload))
    fid = answer["fid"]
    assert answer["message"] == "success!"
    mail = stack.mail_sink.mails.wait_for(to=LOGIN_EMAIL, text=fid)
    assert mail["Subject"] == "MP3 Download"
    text = plain_text(mail)
    assert f"mp3 file_id: {fid} is now ready!" in text.splitlines()
    html = mail.get_body(preferencelist=("html",))
    assert html is not None
    assert f"mp3 file_id: {fid} is now ready!" in html.get_content()
    shell.run(download.replace("FID", fid))
    found = probe(shell, "out.mp3")
    assert [stream["codec_name"] for stream in found["streams"]] == ["mp3"]
    assert found["format"]["tags"] == {"title": "Летний день 夏"}
    assert abs(float(found["format"]["duration"]) - 2) < 0.15
    # The mail's own two ways: the curl command, and the link that needs no token.
    [command] = [line for line in text.splitlines() if line.startswith("curl ")]
    shell.run(command)
    assert (shell.folder / "video.mp3").read_bytes() == (shell.folder / "out.mp3").read_bytes()
    [link] = re.findall(r"http\S+signature=\S+", text)
    linked = requests.get(link, timeout=60)
    assert linked.content == (shell.folder / "out.mp3").read_bytes()
    assert requests.get(link[:-1] + "!", timeout=60).status_code in (401, 403)


@pytest.mark.parametrize("source", ["-T video.mkv", "-T - < video.mkv"])
def test_a_file_as_it_is(stack: Stack, shell: Shell, source: str) -> None:
    """README's other upload does the same, from a file and from a pipe."""
    command = readme_raw_upload().replace("http://127.0.0.1:8080", stack.gateway_url)
    assert "-T video.mkv" in command
    answer = json.loads(shell.run(command.replace("-T video.mkv", source)))
    job = wait_until_finished(shell, answer["fid"])
    assert (job["status"], job["source"]["name"]) == ("ready", "video.mkv")


def test_a_job_says_where_it_is(shell: Shell) -> None:
    """The job's URL shows what was found, what was made, and where it is to be fetched."""
    fid = shell.upload("video.mkv", "-F bitrate=128k")
    job = wait_until_finished(shell, fid)
    assert (job["fid"], job["status"], job["progress"], job["attempts"]) == (fid, "ready", 1, 1)
    assert job["state"] == "FINISH"
    assert job["source"]["name"] == "video.mkv"
    assert job["source"]["size"] == (shell.folder / "video.mkv").stat().st_size
    assert job["options"]["bitrate"] == 128
    assert job["failure"] is None
    shell.run(f'curl -sS -H "Authorization: Bearer $TOKEN" -o a.mp3 "{job["download_url"]}"')
    content = (shell.folder / "a.mp3").read_bytes()
    assert job["result"]["size"] == len(content)
    sha256 = shell.run("sha256sum a.mp3").split()[0]
    assert job["result"]["sha256"] == sha256
    assert probe(shell, "a.mp3")["streams"][0]["bit_rate"] == "128000"
    assert (job["result"]["mode"], job["result"]["notes"]) == ("CBR 128", [])
    assert job["source"]["media"]["loudness"]["integrated"] < 0
    assert job["result"]["loudness"]["true_peak"] < 0
    assert job["seconds_waited"] + job["seconds_converted"] > 0


def test_quality_is_an_option_and_nonsense_is_refused(shell: Shell) -> None:
    """V0 is larger than V9; what is no option is a 400 with its code, and makes no job."""
    best, least = (shell.upload("video.mkv", f"-F quality={quality}") for quality in ("V0", "V9"))
    sizes = [wait_until_finished(shell, fid)["result"]["size"] for fid in (best, least)]
    assert sizes[0] > sizes[1]
    before = len(shell.json("/jobs?limit=100")["jobs"])
    for fields in (
        "-F bitrate=1k",
        "-F quality=V10",
        "-F colour=red",
        "-F bitrate=64k -F quality=1",
    ):
        status, body = shell.curl("/upload", f"-X POST -F 'file=@./video.mkv' {fields}")
        assert (status, json.loads(body)["code"]) == (400, "invalid_option")
    assert len(shell.json("/jobs?limit=100")["jobs"]) == before


def test_jobs_are_listed_page_by_page(shell: Shell) -> None:
    """Own jobs, newest first; following `next` shows each once."""
    fids = [shell.upload("video.mkv") for _ in range(3)]
    shown: list[str] = []
    path = "/jobs?limit=2"
    while path:
        page = shell.json(path)
        shown += [job["fid"] for job in page["jobs"]]
        path = (page.get("next") or "").removeprefix(shell.stack.gateway_url)
    assert shown[:3] == fids[::-1]
    assert len(shown) == len(set(shown))


def test_what_is_deleted_is_gone(stack: Stack, shell: Shell) -> None:
    """A finished job goes with its MP3; nothing of it stays stored."""
    fid = shell.upload("video.mkv")
    wait_until_finished(shell, fid)
    assert shell.curl(f"/jobs/{fid}", "-X DELETE")[0] == 204
    assert shell.curl(f"/jobs/{fid}")[0] == 404
    assert shell.curl(f"/download?fid={fid}")[0] == 404
    wait_for(lambda: stored(stack) == named(stack), what="the end of every orphan")


def test_sources_are_deleted_after_conversion(stack: Stack, shell: Shell) -> None:
    """Of a converted video nothing but the MP3 stays."""
    wait_until_finished(shell, shell.upload("video.mkv"))
    wait_for(lambda: not stored(stack)[VIDEOS], what="the end of every source")


def test_an_mp3_expires(stack: Stack, shell: Shell) -> None:
    """After its time the MP3 is deleted, and asking for it is a 410 that says so."""
    fid = shell.upload("video.mkv")
    wait_until_finished(shell, fid)
    stack.mail_sink.mails.wait_for(text=fid)
    with connect(stack.mongodb.url, "tests") as client:
        past = now_utc() - timedelta(seconds=1)
        jobs = MongoJobStore(client)
        assert jobs.update(fid, lambda job: replace(job, expires_at=past, due_at=past))
    wait_for(lambda: shell.curl(f"/download?fid={fid}")[0] == 410, what="the 410")
    assert shell.json(f"/jobs/{fid}")["failure"]["code"] == "expired"
    wait_for(lambda: stored(stack) == named(stack), what="the end of the MP3")


def test_a_bad_video_fails_once_and_its_owner_is_told(stack: Stack, shell: Shell) -> None:
    """Random bytes: failed at the first attempt, with a code and a sentence, here and by mail."""
    shell.run("head -c 100000 /dev/urandom > bad.mkv")
    fid = shell.upload("bad.mkv")
    job = wait_until_finished(shell, fid)
    assert (job["status"], job["state"], job["attempts"]) == ("failed", "ONQUEUE", 1)
    assert job["failure"]["code"] == "not_media"
    status, body = shell.curl(f"/download?fid={fid}")
    assert (status, json.loads(body)["code"]) == (409, "not_media")
    mail = stack.mail_sink.mails.wait_for(to=LOGIN_EMAIL, text=fid)
    assert mail["Subject"] == "MP3 Download failed"
    assert job["failure"]["detail"] in " ".join(plain_text(mail).split())


def test_another_users_job_is_not_there(stack: Stack, shell: Shell) -> None:
    """404, as if it did not exist; the other's own list is empty; an admin sees it."""
    fid = shell.upload("video.mkv")
    user = {"username": "bob@example.com", "password": "a-quiet-afternoon"}
    (shell.folder / "user.json").write_text(json.dumps(user))
    status, body = shell.curl("/users", "-X POST -H 'Content-Type: application/json' -d @user.json")
    assert status == 201, body
    other = Shell(stack, shell.folder)
    other.log_in(user["username"], user["password"])
    for path, options in (
        (f"/jobs/{fid}", ""),
        (f"/download?fid={fid}", ""),
        (f"/jobs/{fid}", "-X DELETE"),
    ):
        assert other.curl(path, options)[0] == 404
    assert other.json("/jobs")["jobs"] == []
    assert other.curl("/users")[0] == 403
    assert shell.curl(f"/jobs/{fid}")[0] == 200


def test_without_mysql_only_logins_wait(stack: Stack, shell: Shell) -> None:
    """MySQL down: login is a 503 with Retry-After; tokens that were issued go on working."""
    stack.mariadb.kill()
    try:
        answer = requests.post(
            f"{stack.gateway_url}/login", auth=(LOGIN_EMAIL, stack.login_password), timeout=60
        )
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert wait_until_finished(shell, shell.upload("video.mkv"))["status"] == "ready"
    finally:
        stack.mariadb.start()
    shell.log_in()


def test_a_job_is_followed_through_all_logs(stack: Stack, shell: Shell) -> None:
    """One job's id, and one trace id, stand in the JSON logs of every service that worked on it."""
    fid = shell.upload("video.mkv")
    stack.mail_sink.mails.wait_for(text=fid)
    traces: dict[str, set[str]] = {}
    for name in ("gateway", "converter", "notification"):
        lines = [json.loads(line) for line in stack.services[name].process.output().splitlines()]
        mine = [line for line in lines if line.get("job_id") == fid]
        assert mine, name
        traces[name] = {line["trace_id"] for line in mine if "trace_id" in line}
        text = json.dumps(lines)
        assert shell.variables["TOKEN"] not in text
        assert stack.login_password not in text
    first = traces["gateway"]
    assert len(first) == 1
    assert traces == dict.fromkeys(traces, first)


def test_every_service_says_how_it_is(stack: Stack) -> None:
    """Liveness, readiness and metrics, on each service's own port."""
    for name, service in stack.services.items():
        for path in ("/healthz", "/readyz"):
            assert requests.get(service.url + path, timeout=10).status_code == 200, (name, path)
        metrics = requests.get(service.metrics_url, timeout=10).text
        assert "process_resident_memory_bytes" in metrics, name


def stored(stack: Stack) -> dict[str, set[str]]:
    with connect(stack.mongodb.url, "tests") as client:
        return {
            name: set(GridFsMediaStore(client, name).media_ids(None, 1000))
            for name in (VIDEOS, MP3S)
        }


def named(stack: Stack) -> dict[str, set[str]]:
    with connect(stack.mongodb.url, "tests") as client:
        jobs = MongoJobStore(client)
        return {name: jobs.referenced(media_ids) for name, media_ids in stored(stack).items()}
