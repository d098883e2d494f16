"""With exactly the rights of its account each service does all that it is there for."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pika
import pytest
from bson import ObjectId

from tests.faults.client import Client
from tests.faults.clips import LONG_OPTIONS, Clips, make_clips
from tests.integration.accounts.confined_system import ADMIN_EMAIL, ConfinedSystem
from tests.integration.fetcher.media_site import MediaSite, Resource
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    return make_clips(tmp_path_factory.mktemp("clips"))


@pytest.fixture
def admin(system: ConfinedSystem) -> Client:
    client = Client(lambda: system.gateway_url, ADMIN_EMAIL, system.login_password)
    assert client.log_in().status_code == 200
    return client


def ended(client: Client, fid: str) -> str:
    """How a job ends."""
    states: list[str] = []

    def is_finished() -> bool:
        states.append(client.request("GET", f"/jobs/{fid}").json()["status"])
        return states[-1] in ("ready", "failed")

    wait_for(is_finished, what=f"the end of {fid}")
    return states[-1]


def test_the_journey(system: ConfinedSystem, admin: Client, clips: Clips) -> None:
    """Upload, conversion, mail, download and deletion go through without one refusal."""
    short, long = clips.short[0].content(), clips.long.content()
    fids = [admin.upload(short), admin.upload(long, options=LONG_OPTIONS), admin.upload(short)]
    assert [ended(admin, fid) for fid in fids] == ["ready"] * 3
    for fid in fids:
        system.mail_sink.mails.wait_for(text=fid)
        assert admin.request("GET", f"/download?fid={fid}").status_code == 200
        assert admin.request("DELETE", f"/jobs/{fid}").ok
    silent = admin.upload(clips.silent.content())
    assert ended(admin, silent) == "failed"
    system.mail_sink.mails.wait_for(text=silent)
    assert system.refusals() == []


def test_chapters(system: ConfinedSystem, admin: Client, clips: Clips, tmp_path: Path) -> None:
    """What is filled in at the end of a long file is written into chunks that are stored."""
    metadata = ";FFMETADATA1\n" + "".join(
        f"[CHAPTER]\nTIMEBASE=1/1\nSTART={start}\nEND={start + 25}\ntitle=Part {start}\n"
        for start in (0, 25, 50)
    )
    (tmp_path / "metadata").write_text(metadata)
    film = tmp_path / "chapters.mkv"
    command = ["ffmpeg", "-v", "error", "-i", str(clips.long.path), "-i", "metadata"]
    command += ["-map_metadata", "1", "-c", "copy", str(film)]
    subprocess.run(command, check=True, cwd=tmp_path)
    fid = admin.upload(film.read_bytes(), options=LONG_OPTIONS | {"split_chapters": "true"})
    assert ended(admin, fid) == "ready"
    third = admin.request("GET", f"/download?fid={fid}&chapter=3")
    assert third.status_code == 200
    assert third.headers["Content-Type"] == "audio/mpeg"
    assert system.refusals() == []


def test_links(system: ConfinedSystem, admin: Client, clips: Clips, site: MediaSite) -> None:
    """What is fetched, shared by the cache, listed, sent and put out needs no further right."""
    content = clips.short[2].content()
    video = site.serve("/clip.mkv", Resource(content, "video/x-matroska"))
    item = f'<item><title>a clip</title><enclosure url="{video}" type="video/mp4"/></item>'
    feed = f'<?xml version="1.0"?><rss><channel><title>a feed</title>{item}</channel></rss>'
    playlist = site.serve("/feed.xml", Resource(feed.encode(), "text/xml"))
    bodies = [{"video_url": video}, {"video_url": video, "bitrate": "128k"}, {"video_url": video}]
    for body in bodies:
        answer = admin.request("POST", "/submit", json=body)
        assert answer.status_code == 201, answer.text
        assert ended(admin, answer.json()["fid"]) == "ready"
    listed = admin.request("POST", "/submit", json={"playlist_url": playlist})
    assert listed.status_code == 201, listed.text
    missing = admin.request("POST", "/submit", json={"video_url": f"{site.url}/nothing.mkv"})
    assert ended(admin, missing.json()["fid"]) == "failed"
    sent = admin.request("GET", "/media", params={"url": video})
    assert sent.content == content
    assert len(site.asked("/clip.mkv")) == 1
    with system.mongodb_as("administrator") as client:
        cached = client["jobs"]["cached_content"]
        entries = client["jobs"]["jobs"]
        wait_for(lambda: entries.count_documents({"batch.batch_id": {"$type": "string"}}) == 1)
        cached.update_many({}, {"$set": {"used_at": datetime.fromtimestamp(0, UTC)}})
        wait_for(lambda: cached.count_documents({}) == 0, what="the end of what nobody uses")
    assert system.refusals() == []


def test_accounts(system: ConfinedSystem, admin: Client) -> None:
    """Auth adds, changes and removes users, and counts failed logins."""
    body = {"username": "ann@example.com", "password": "a long password"}
    made = admin.request("POST", "/users", json=body)
    assert made.status_code == 201, made.text
    path = f"/users/{made.json()['id']}"
    assert Client(lambda: system.gateway_url, *body.values()).log_in().status_code == 200
    assert Client(lambda: system.gateway_url, body["username"], "no").log_in().status_code == 401
    assert admin.request("PATCH", path, json={"active": False}).status_code == 200
    assert admin.request("DELETE", path).status_code == 204
    assert system.refusals() == []


def test_the_sweeper_clears_up(system: ConfinedSystem) -> None:
    """What no job names goes, from both stores."""
    orphan = ObjectId()
    with system.mongodb_as("administrator") as client:
        stores = [client[name]["fs.chunks"] for name in ("videos", "mp3s")]
        for chunks in stores:
            chunks.insert_one({"files_id": orphan, "n": 0, "data": b"nobody's"})
        wait_for(lambda: not any(c.count_documents({"files_id": orphan}) for c in stores))
    assert system.refusals() == []


def test_a_queue_that_was_deleted_is_made_anew(
    system: ConfinedSystem, admin: Client, clips: Clips
) -> None:
    """Somebody who may makes it; jobs that were announced meanwhile go on."""
    address = urlsplit(system.rabbitmq.url)
    password = (system.secrets / "rabbitmq" / "administrator").read_text()
    url = f"amqp://administrator:{password}@{address.hostname}:{address.port}/mp3converter"
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        connection.channel().queue_delete("video")
        connection.channel().queue_delete("mp3")
    fid = admin.upload(clips.short[1].content())
    assert ended(admin, fid) == "ready"
    system.mail_sink.mails.wait_for(text=fid)


def test_files_are_gone_with_their_jobs(system: ConfinedSystem, admin: Client) -> None:
    """After all that, deletion has left nothing."""
    for job in admin.request("GET", "/jobs").json()["jobs"]:
        assert admin.request("DELETE", f"/jobs/{job['fid']}").ok
    with system.mongodb_as("administrator") as client:
        collections = [
            client[db][name] for db in ("videos", "mp3s") for name in ("fs.files", "fs.chunks")
        ]
        wait_for(lambda: not any(c.count_documents({}) for c in collections))


def test_folders_of_secrets_are_complete(system: ConfinedSystem) -> None:
    """Every service has what it was started with from the script's folder, not from elsewhere."""
    assert {path.name for path in Path(system.secrets).iterdir()} >= system.services.keys()
