"""The check itself: it passes what is right, and finds each thing that can be wrong."""

import hashlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.clips import make_sound
from tests.faults.invariant import Promise, Snapshot, Verdict, is_settled, judge
from tests.faults.recovery import complaint

READY, FAILED = "ready-job", "failed-job"
PROMISES = [Promise(READY, 2.0), Promise(FAILED, code="no_audio")]
SENT = {"sent_at": "now", "failure": None}
WHOLE = Snapshot(
    jobs={
        READY: {
            "state": "ready",
            "failure": None,
            "last_error": None,
            "mail": SENT,
            "video_fid": None,
            "picture_fid": None,
            "writing_fid": None,
            "mp3_fid": "mp3",
            "result_key": "key",
        },
        FAILED: {
            "state": "failed",
            "failure": {"code": "no_audio"},
            "last_error": None,
            "mail": SENT,
            "video_fid": None,
            "picture_fid": None,
            "writing_fid": None,
            "mp3_fid": None,
            "result_key": "other key",
        },
    },
    files={"videos": [], "mp3s": ["mp3"]},
    chunks={"videos": [], "mp3s": ["mp3"]},
    message_ids=[f"<{READY}.ready@example.com>", f"<{FAILED}.failed@example.com>"],
)


def changed(fid: str, **fields: Any) -> Snapshot:
    jobs: dict[str, Any] = deepcopy(dict(WHOLE.jobs))
    jobs[fid] = jobs.get(fid, jobs[READY]) | fields
    return replace(WHOLE, jobs=jobs)


def with_mails(*message_ids: str) -> Snapshot:
    return replace(WHOLE, message_ids=[*WHOLE.message_ids, *message_ids])


def test_what_is_right_passes() -> None:
    """Nothing is found where everything is as it was promised."""
    assert judge(PROMISES, WHOLE) == Verdict([], [], [])


LOST = {
    "no job": replace(WHOLE, jobs={READY: WHOLE.jobs[READY]}),
    "unfinished": changed(READY, state="converting"),
    "failed": changed(READY, state="failed", failure={"code": "worker_lost"}),
    "ready but bad": changed(FAILED, state="ready", failure=None, mp3_fid="mp3"),
    "another reason": changed(FAILED, failure={"code": "internal"}),
    "no file": replace(WHOLE, files={"videos": [], "mp3s": []}),
    "no mail": replace(WHOLE, message_ids=WHOLE.message_ids[:1]),
    "mail given up": changed(READY, mail={"sent_at": None, "failure": {"code": "internal"}}),
    "bad download": replace(WHOLE, bad_downloads={READY: "it is noise"}),
}


@pytest.mark.parametrize("snapshot", LOST.values(), ids=LOST)
def test_what_is_lost_is_found(snapshot: Snapshot) -> None:
    """A promise that is not kept is lost."""
    assert judge(PROMISES, snapshot).lost


DUPLICATED = {
    "a mail twice": with_mails(f"<{READY}.ready@example.com>"),
    "another mail": with_mails(f"<{READY}.failed@example.com>"),
    "a mail about nothing": with_mails("<unknown.ready@example.com>"),
    "another job": changed("another-job", mp3_fid="other", result_key="another key"),
    "one MP3 for different results": changed(FAILED, mp3_fid="mp3"),
    "two MP3s of one result": changed(FAILED, mp3_fid="other", result_key="key"),
}


@pytest.mark.parametrize("snapshot", DUPLICATED.values(), ids=DUPLICATED)
def test_what_is_there_twice_is_found(snapshot: Snapshot) -> None:
    """What nobody was promised, or was promised once, is duplicated."""
    assert judge(PROMISES, snapshot).duplicated


def test_jobs_may_share_a_result() -> None:
    """Two uploads of the same content are two promises, kept with one MP3."""
    shared = changed("second")
    mails = [*WHOLE.message_ids, "<second.ready@example.com>"]
    assert judge([*PROMISES, Promise("second", 2.0)], replace(shared, message_ids=mails)).holds


def test_one_answer_for_two_uploads_is_found() -> None:
    """Two uploads that were answered with one fid are found."""
    assert judge([*PROMISES, PROMISES[0]], WHOLE).duplicated


def test_a_second_copy_may_be_allowed() -> None:
    """A second copy of a mail passes where it is allowed, another mail never does."""
    allowed = [replace(PROMISES[0], copies=2), PROMISES[1]]
    assert judge(allowed, with_mails(f"<{READY}.ready@example.com>")).holds
    assert judge(allowed, with_mails(f"<{READY}.failed@example.com>")).duplicated


def test_an_upload_that_broke_off_passes() -> None:
    """The job of an upload that nobody was answered for stays, failed, without mail and files."""
    failure = {"code": "upload_interrupted"}
    assert judge(PROMISES, changed("broken", state="failed", failure=failure, mp3_fid=None)).holds


STORED = replace(WHOLE, files=dict(WHOLE.files) | {"videos": ["video", "picture"]})
ORPHANED = {
    f"{kind} in {store}": replace(WHOLE, **{kind: getattr(WHOLE, kind) | {store: ["mp3", "x"]}})
    for kind in ("files", "chunks")
    for store in ("videos", "mp3s")
} | {"a file beside the cached one": replace(STORED, cached={"content": "video"})}


@pytest.mark.parametrize("snapshot", ORPHANED.values(), ids=ORPHANED)
def test_what_is_orphaned_is_found(snapshot: Snapshot) -> None:
    """Files and chunks that no job names are orphaned."""
    assert judge(PROMISES, snapshot).orphaned


def test_what_the_cache_names_is_no_orphan() -> None:
    """Nor is what a job names; but the cache must not name what is not stored."""
    cached = {"content": "video", "picture's content": "picture"}
    assert judge(PROMISES, replace(STORED, cached=cached)).holds
    assert judge(PROMISES, replace(WHOLE, cached=cached)).lost
    jobs = changed(READY, video_fid="video", picture_fid="picture").jobs
    assert judge(PROMISES, replace(STORED, jobs=jobs)).holds


def test_the_verdict_names_everything() -> None:
    """The message of a failure counts and names what is wrong."""
    text = str(judge(PROMISES, replace(WHOLE, jobs={READY: WHOLE.jobs[READY]})))
    assert text.splitlines()[0] == "lost 1, duplicated 0, orphaned 0"
    assert FAILED in text


@pytest.mark.parametrize(
    ("state", "mail", "settled"),
    [
        ("ready", SENT, True),
        ("ready", {"sent_at": None, "failure": None}, False),
        ("converting", {"sent_at": None, "failure": None}, False),
    ],
)
def test_a_job_is_settled(state: str, mail: dict[str, Any], settled: bool) -> None:
    """A job is settled when it is finished and its mail is."""
    assert is_settled({"state": state, "mail": mail}) is settled


@pytest.fixture(scope="session")
def mp3(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_sound(tmp_path_factory.mktemp("mp3") / "two.mp3", 2).read_bytes()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda mp3: mp3[: len(mp3) // 2],
    "noise": lambda mp3: bytes(len(mp3)),
    "nothing": lambda _mp3: b"",
}


def result_of(mp3: bytes) -> dict[str, Any]:
    return {"size": len(mp3), "sha256": hashlib.sha256(mp3).hexdigest()}


def test_a_good_mp3_passes(mp3: bytes) -> None:
    """An MP3 as long as its video, and as it was stored, is good."""
    assert complaint(mp3, result_of(mp3), 2.0) is None


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_bad_mp3_is_found(damage: Callable[[bytes], bytes], mp3: bytes) -> None:
    """An MP3 that does not play to its end is found, whatever the job says of it."""
    damaged = damage(mp3)
    assert complaint(damaged, result_of(damaged), 2.0)


def test_another_mp3_is_found(mp3: bytes) -> None:
    """An MP3 other than the job says, or longer than its video, is found."""
    assert complaint(mp3, result_of(mp3 + b"x"), 2.0)
    assert complaint(mp3, result_of(mp3), 1.0)


def test_no_mp3_is_found(tmp_path: Path) -> None:
    """Sound that is no MP3 is found."""
    wav = make_sound(tmp_path / "two.wav", 2).read_bytes()
    assert complaint(wav, result_of(wav), 2.0)
