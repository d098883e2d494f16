"""Links, by curl: from a site of ours to MP3s and files, and to nowhere else."""

import base64
import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mutagen.id3 import ID3

from chassis.mongo import GridFsMediaStore, connect
from chassis.mongo.media import VIDEOS
from devstack.maildir import plain_text
from devstack.ports import LOOPBACK
from devstack.stack import LOGIN_EMAIL, Stack
from tests.e2e.shell import Shell, readme_links
from tests.e2e.test_converting_again import ready
from tests.e2e.test_same_content import conversions
from tests.integration.converter_engine.media import ffmpeg, sound
from tests.integration.fetcher.media_site import MediaSite, Resource
from tests.integration.fetcher.streams import make_film, make_hls
from tests.waiting import wait_for

TITLE = "Летний день 夏 🎻"
CAROL = "carol@example.com"
PASSWORD = "correct horse battery staple"
FINISHED = ("ready", "failed")


@pytest.fixture(scope="module", autouse=True)
def _forgetting(stack: Stack) -> Iterator[None]:
    """Afterwards the cache is emptied; then every file of a link is gone, pictures too."""
    yield
    with connect(stack.mongodb.url, "tests") as client:
        for collection in ("cached_links", "cached_content"):
            client["jobs"][collection].delete_many({})
        videos = GridFsMediaStore(client, VIDEOS)
        wait_for(lambda: not videos.media_ids(None, 10), what="the end of what was fetched")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_film(tmp_path_factory.mktemp("film"))


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("picture") / "picture.jpg"
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=320x180", "-frames:v", 1, "-update", 1, path)
    return path.read_bytes()


@pytest.fixture
def secret() -> Iterator[int]:
    """A port on loopback that must not be reached: no connection ever waits to be accepted."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        yield int(listener.getsockname()[1])
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def song(folder: Path, frequency: float) -> bytes:
    """A second of sound like no other."""
    path = folder / f"{frequency}.m4a"
    ffmpeg(*sound(1.0, frequency=frequency), path)
    return path.read_bytes()


def page(site: MediaSite, path: str, body: str, head: str = "") -> str:
    html = f"<!DOCTYPE html><title>{TITLE}</title>{head}<body>{body}</body>"
    return site.serve(path, Resource(html.encode(), "text/html; charset=utf-8"))


def submitted(shell: Shell, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Status and answer of POST /submit."""
    (shell.folder / "submission.json").write_text(json.dumps(fields))
    status, body = shell.curl("/submit", "-H 'Content-Type: application/json' -d @submission.json")
    return status, json.loads(body)


def failure_of(shell: Shell, fid: str) -> str:
    """The code that the job fails with."""
    wait_for(lambda: shell.json(f"/jobs/{fid}")["status"] in FINISHED, what=f"the end of {fid}")
    job = shell.json(f"/jobs/{fid}")
    assert job["status"] == "failed"
    return str(job["failure"]["code"])


def finished_batch(shell: Shell, batch_id: str) -> dict[str, Any]:
    """The batch, once all of it is finished."""

    def batch() -> dict[str, Any]:
        shown: dict[str, Any] = shell.json(f"/batches/{batch_id}")
        return shown

    wait_for(lambda: bool(batch()["finished"]), what=f"the end of {batch_id}")
    return batch()


def as_carol(stack: Stack, shell: Shell, folder: Path) -> Shell:
    """Another user's shell."""
    (shell.folder / "user.json").write_text(json.dumps({"username": CAROL, "password": PASSWORD}))
    status, body = shell.curl("/users", "-H 'Content-Type: application/json' -d @user.json")
    assert status == 201, body
    folder.mkdir()
    other = Shell(stack, folder)
    other.log_in(CAROL, f"'{PASSWORD}'")
    return other


def test_a_link_as_the_readme_prints_it(
    stack: Stack, shell: Shell, site: MediaSite, film: Path, picture: bytes, tmp_path: Path
) -> None:
    """A page's video becomes an MP3 with the page's title and picture, and a mail comes. Whoever
    submits the same link again has it at once, and the site is not asked.
    """
    site.serve("/film.mp4", Resource(film.read_bytes()))
    shown = site.serve("/picture.jpg", Resource(picture, "image/jpeg"))
    head = f'<meta property="og:image" content="{shown}">'
    url = page(site, "/watch", '<video src="/film.mp4"></video>', head)
    submit, look, download = (
        line.replace("http://127.0.0.1:8080", stack.gateway_url).replace("LINK", url)
        for line in readme_links()
    )
    fid = json.loads(shell.run(submit))["fid"]
    job = ready(shell, fid)
    assert job == json.loads(shell.run(look.replace("FID", fid)))
    assert job["result"]["notes"] == []
    shell.run(download.replace("FID", fid))
    read = ID3(shell.folder / "out.mp3")
    assert (str(read["TIT2"]), str(read["COMM::XXX"])) == (TITLE, url)
    assert [frame.data for frame in read.getall("APIC")] == [picture]
    text = plain_text(stack.mail_sink.mails.wait_for(to=LOGIN_EMAIL, text=fid))
    assert f"mp3 file_id: {fid} is now ready!" in text.splitlines()

    other = as_carol(stack, shell, tmp_path / "carol")
    before = len(site.requests), conversions(stack)
    status, again = submitted(other, video_url=url)
    assert (status, again["status"], again["message_code"]) == (201, "ready", "FINISH")
    assert again["fid"] != fid
    other.run(download.replace("FID", again["fid"]))
    assert (other.folder / "out.mp3").read_bytes() == (shell.folder / "out.mp3").read_bytes()
    assert (len(site.requests), conversions(stack)) == before
    stack.mail_sink.mails.wait_for(to=CAROL, text=again["fid"])
    assert shell.curl(f"/jobs/{again['fid']}")[0] != 404  # the admin sees all
    assert other.curl(f"/jobs/{fid}")[0] == 404


def test_a_page_with_a_stream(shell: Shell, site: MediaSite, film: Path, tmp_path: Path) -> None:
    """HLS, its segments put together: as long as the film."""
    folder = tmp_path / "hls"
    folder.mkdir()
    make_hls(folder, film, "ts")
    site.serve_folder(folder)
    url = page(site, "/live-on-tape", '<video src="/stream.m3u8"></video>')
    status, answer = submitted(shell, video_url=url, bitrate="96k")
    assert status == 201
    job = ready(shell, answer["fid"])
    assert job["result"]["duration"] == pytest.approx(4, abs=0.2)
    assert job["result"]["bitrate"] == pytest.approx(96_000, rel=0.1)


def test_several_links_and_a_playlist(
    shell: Shell, site: MediaSite, tmp_path: Path, secret: int
) -> None:
    """Each has a job under one id; what is not allowed is told, and the others come."""
    urls = [
        site.serve(f"/song-{number}.m4a", Resource(song(tmp_path, 300 + number), "audio/mp4"))
        for number in range(2)
    ]
    status, batch = submitted(shell, video_urls=[*urls, f"http://{LOOPBACK}:{secret}/"])
    assert status == 201
    assert [refused["code"] for refused in batch["refused"]] == ["url_not_allowed"]
    videos = "".join(f'<video src="{url}"></video>' for url in urls)
    status, playlist = submitted(shell, playlist_url=page(site, "/list", videos), quality="V7")
    assert status == 201
    for batch_id in (batch["batch_id"], playlist["batch_id"]):
        shown = finished_batch(shell, batch_id)
        assert [entry["position"] for entry in shown["entries"]] == [0, 1]
        assert {entry["job"]["status"] for entry in shown["entries"]} == {"ready"}
        assert [entry["job"]["link"]["url"] for entry in shown["entries"]] == urls


def test_files_by_checksum(shell: Shell, site: MediaSite, tmp_path: Path) -> None:
    """Fetched once; its checksum is in the answer, with it the site is not asked again."""
    content = song(tmp_path, 500)
    url = site.serve("/file.m4a", Resource(content, "audio/mp4"))
    digest = hashlib.sha256(content)
    path = f"/media?url={quote(url, safe='')}"
    status, _ = shell.curl(path, "-D headers -o file")
    assert (status, (shell.folder / "file").read_bytes()) == (200, content)
    headers = (shell.folder / "headers").read_text().lower()
    assert f'etag: "{digest.hexdigest()}"' in headers
    encoded = base64.b64encode(digest.digest()).decode()
    assert f"repr-digest: sha-256=:{encoded}:".lower() in headers
    asked = len(site.requests)
    assert shell.curl(f"{path}&sha256={digest.hexdigest()}", "-o again")[0] == 200
    assert (shell.folder / "again").read_bytes() == content
    assert len(site.requests) == asked
    status, body = shell.curl(f"{path}&sha256={'0' * 64}")
    assert (status, json.loads(body)["code"]) == (409, "checksum_mismatch")


def test_links_to_where_they_must_not_lead(shell: Shell, site: MediaSite, secret: int) -> None:
    """Refused at once, in whatever spelling; or failed, where a redirect or a page leads there.

    Nothing connects to it.
    """
    for host in (LOOPBACK, "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"):
        status, problem = submitted(shell, video_url=f"http://{host}:{secret}/film.mp4")
        assert (status, problem["code"]) == (422, "url_not_allowed"), host
    status, problem = submitted(shell, video_url="file:///etc/passwd")
    assert (status, problem["code"]) == (422, "url_not_allowed")
    status, problem = submitted(shell, video_url="no link")
    assert (status, problem["message_code"]) == (400, "INVALID_URL")
    there = f"http://{LOOPBACK}:{secret}/film.mp4"
    ways = [
        site.serve("/moved", Resource(status=302, headers={"Location": there})),
        page(site, "/evil", f'<video src="{there}"></video>'),
    ]
    fids = [submitted(shell, video_url=url)[1]["fid"] for url in ways]
    assert {failure_of(shell, fid) for fid in fids} == {"url_not_allowed"}
