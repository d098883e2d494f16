"""Uploads that are converted while they arrive, and all that may happen to them on the way."""

import contextlib
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis.jobs import now_utc
from chassis.options import ConversionOptions
from converter.box import Box, BoxLimits
from converter.cores import Cores
from tests.faults.clips import Clip, Clips
from tests.faults.invariant import Promise
from tests.faults.recovery import Fault, stored
from tests.faults.slow_upload import KINDS, SECONDS, SlowUpload, make_film
from tests.faults.steps import before
from tests.faults.system import LEASE_SECONDS, System, counted
from tests.integration.converter_engine.lames import found_by_the_linker
from tests.integration.converter_engine.media import MemorySink, MemorySource
from tests.waiting import wait_for

MIB = 1 << 20
BITRATE = {"bitrate": "320k"}
STALL_SECONDS = 4.0  # CONVERSION_STALL_SECONDS of the system


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with found_by_the_linker(), Box(BoxLimits(), Cores(1)) as started:
        yield started


@pytest.fixture(scope="module", autouse=True)
def _following(_running_system: System) -> Iterator[None]:
    """The converter follows one upload at a time."""
    _restart_converter(_running_system, followed_uploads=1)
    yield
    _restart_converter(_running_system, followed_uploads=0)


def _restart_converter(system: System, followed_uploads: int) -> None:
    converter = system.service("converter")
    converter.process.environment["FOLLOWED_UPLOADS"] = str(followed_uploads)
    converter.stop()
    converter.start()


def begin(system: System, path: Path, **fields: dict[str, str]) -> tuple[SlowUpload, str]:
    """An upload of `path` that a converter follows, and its fid: half of it is on its way."""
    before = {job["_id"] for job in system.jobs.find()}
    upload = system.client.slow_upload(path.read_bytes(), path.name, **fields)
    converter = system.service("converter")
    wait_for(lambda: counted(converter, "followed_uploads") == 0, what="room for a follower")
    upload.send(path.stat().st_size // 2)
    fresh: list[str] = []

    def is_followed() -> bool:
        fresh[:] = [job["_id"] for job in system.jobs.find() if job["_id"] not in before]
        return bool(fresh) and system.job(fresh[0])["follower"] is not None

    wait_for(is_followed, what="a follower")
    return upload, fresh[0]


def has_begun(system: System, fid: str) -> bool:
    """Whether a part of the MP3 is stored while the video still arrives."""
    job = system.job(fid)
    assert job["state"] == "receiving"
    return str(job["writing_fid"]) in stored(system).chunks["mp3s"]


def await_state(system: System, fid: str, state: str) -> dict[str, Any]:
    wait_for(lambda: bool(system.job(fid)["state"] == state), what=state)
    return system.job(fid)


def expected(box: Box, path: Path, options: ConversionOptions) -> str:
    """The SHA-256 of the MP3 that is made of the whole file."""
    sink = MemorySink()
    box.convert(
        MemorySource(path.read_bytes()),
        sink,
        options,
        name=path.name,
        on_progress=lambda _: None,
        should_stop=lambda: False,
    )
    return hashlib.sha256(sink.data).hexdigest()


@pytest.mark.parametrize("name", sorted(set(KINDS) - {"late.mp4"}))
def test_an_upload_is_converted_while_it_arrives(
    name: str, system: System, fault: Fault, films: Path, box: Box
) -> None:
    """Its MP3 has begun before its last byte is there, and is that of the whole file."""
    path = make_film(films, name)
    upload, fid = begin(system, path, before=BITRATE)
    upload.send_all_but(MIB)
    wait_for(lambda: has_begun(system, fid), what="the MP3's beginning")
    assert upload.finish()["status"] == "converting"
    job = await_state(system, fid, "ready")
    assert job["attempts"] == 1
    assert job["result"]["sha256"] == expected(box, path, ConversionOptions(320, None))
    fault.assert_survived([Promise(fid, SECONDS)])


@pytest.mark.parametrize(
    ("name", "fields"),
    [("late.mp4", {}), ("film.mkv", {"normalize": "-20"}), ("film.ts", {"normalize": "-20"})],
)
def test_what_needs_the_end_waits_for_it(
    name: str, fields: dict[str, str], system: System, fault: Fault, films: Path, box: Box
) -> None:
    """A file with its index there, and one that is measured first: each as soon as it is whole."""
    path = make_film(films, name)
    upload, fid = begin(system, path, before=fields)
    upload.send_all_but(MIB)
    assert not has_begun(system, fid)
    assert upload.finish()["status"] == "converting"
    job = await_state(system, fid, "ready")
    assert job["attempts"] == 1
    assert job["result"]["sha256"] == expected(box, path, ConversionOptions.parse(fields))
    fault.assert_survived([Promise(fid, SECONDS)])


def test_a_paused_upload_is_followed_on(system: System, fault: Fault, films: Path) -> None:
    """A pause longer than a lease and than a silent conversion may be costs nothing."""
    path = make_film(films, "film.mkv")
    upload, fid = begin(system, path)
    goes_on = now_utc() + timedelta(seconds=max(LEASE_SECONDS, STALL_SECONDS) + LEASE_SECONDS + 1)
    wait_for(lambda: bool(system.job(fid)["follower"]["expires_at"] > goes_on), what="the pause")
    assert upload.finish()["status"] == "converting"
    assert await_state(system, fid, "ready")["attempts"] == 1
    fault.assert_survived([Promise(fid, SECONDS)])


def test_an_upload_breaks_off(system: System, fault: Fault, films: Path) -> None:
    """Nothing becomes ready, nothing stays behind, and the follower is free for the next."""
    path = make_film(films, "film.mkv")
    upload, fid = begin(system, path)
    upload.break_off()
    job = await_state(system, fid, "failed")
    assert job["failure"]["code"] == "upload_interrupted"
    wait_for(lambda: not any(stored(system).chunks.values()), what="an empty store")
    upload, fid = begin(system, path)
    upload.finish()
    fault.assert_survived([Promise(fid, SECONDS)])


def test_an_upload_is_cancelled(system: System, films: Path) -> None:
    """The owner's cancellation ends upload and conversion, and nothing of them is left."""
    upload, fid = begin(system, make_film(films, "film.mkv"))
    assert system.client.request("DELETE", f"/jobs/{fid}").ok
    with contextlib.suppress(OSError):  # the gateway hangs up as soon as it notices
        upload.send(MIB)
    wait_for(lambda: not any(stored(system).chunks.values()), what="an empty store")
    assert system.job(fid)["state"] == "cancelled"


def test_options_after_the_video_count(system: System, fault: Fault, films: Path, box: Box) -> None:
    """What was made by other options is thrown away, and the video converted as was asked."""
    path = make_film(films, "film.mkv")
    upload, fid = begin(system, path, after={"quality": "7"})
    assert upload.finish()["status"] == "queued"
    job = await_state(system, fid, "ready")
    assert job["result"]["sha256"] == expected(box, path, ConversionOptions(None, 7))
    fault.assert_survived([Promise(fid, SECONDS)])


def test_bad_media_fails_once_it_is_whole(system: System, fault: Fault, films: Path) -> None:
    """What is no video fails like any other, when its last byte is there."""
    path = films / "noise.mkv"
    path.write_bytes(bytes(range(7, 200)) * 60_000)
    upload, fid = begin(system, path)
    upload.finish()
    assert await_state(system, fid, "failed")["attempts"] == 1
    fault.assert_survived([Promise(fid, code="not_media")])


def test_a_gateway_is_killed_under_a_follower(system: System, fault: Fault, films: Path) -> None:
    """The upload fails when its lease has run out, and its follower lets go of it."""
    gateway = system.service("gateway")
    _, fid = begin(system, make_film(films, "film.mkv"))
    gateway.process.kill()
    await_state(system, fid, "failed")
    gateway.start()
    wait_for(lambda: not stored(system).chunks["mp3s"], what="an empty store")
    fault.ends()
    fault.assert_survived([])


def test_a_follower_is_killed(system: System, fault: Fault, films: Path) -> None:
    """The upload goes on, and is converted when it is whole."""
    converter = system.service("converter")
    upload, fid = begin(system, make_film(films, "film.mkv"), before=BITRATE)
    upload.send_all_but(MIB)
    wait_for(lambda: has_begun(system, fid), what="the MP3's beginning")
    converter.process.kill()
    gone = now_utc() + timedelta(seconds=LEASE_SECONDS)
    wait_for(lambda: now_utc() > gone, what="the end of its lease")
    assert upload.finish()["status"] == "queued"
    converter.start()
    fault.ends()
    fault.assert_survived([Promise(fid, SECONDS)])
    assert system.job(fid)["attempts"] == 1


def test_a_follower_is_killed_at_the_end(system: System, fault: Fault, films: Path) -> None:
    """Once the upload is complete, its follower is replaced like every converter."""
    converter = system.service("converter")
    upload, fid = begin(system, make_film(films, "film.mkv"))
    system.interrupt(converter, before("update", "jobs.jobs", state="ready"))
    upload.finish()
    system.await_killed(converter)
    converter.start()
    fault.ends()
    fault.assert_survived([Promise(fid, SECONDS)])
    assert system.job(fid)["attempts"] == 2


def test_a_follower_is_told_to_stop(system: System, fault: Fault, films: Path) -> None:
    """It lets go of the upload and says so: another follows it."""
    converter = system.service("converter")
    upload, fid = begin(system, make_film(films, "film.mkv"))
    first = system.job(fid)["follower"]["holder"]
    converter.stop()
    assert system.job(fid)["follower"] is None
    converter.start()
    wait_for(
        lambda: (system.job(fid)["follower"] or {"holder": first})["holder"] != first,
        what="another follower",
    )
    assert upload.finish()["status"] == "converting"
    fault.ends()
    fault.assert_survived([Promise(fid, SECONDS)])


def test_slow_uploads_are_in_nobodys_way(
    system: System, fault: Fault, films: Path, clips: Clips
) -> None:
    """Beyond the bound an upload is not followed, and complete videos are converted meanwhile."""
    path = make_film(films, "film.mkv")
    upload, fid = begin(system, path)
    film = Clip(path, SECONDS)
    further = [system.client.slow_upload(film.content(), path.name) for _ in range(3)]
    for other in further:
        other.send(path.stat().st_size // 2)
    promises = [system.client.promised(clip) for clip in clips.short]
    for promise in promises:
        await_state(system, promise.fid, "ready")
    assert [job["_id"] for job in system.jobs.find({"follower": {"$ne": None}})] == [fid]
    promises += [Promise(other.finish()["fid"], SECONDS) for other in (upload, *further)]
    fault.assert_survived(promises)
