"""Files of every kind through the whole system: the good ones convert, the bad ones are refused."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import pytest
import requests
from bson import ObjectId
from mutagen.mp3 import MP3, BitrateMode, MPEGInfo

from devstack.maildir import plain_text
from devstack.stack import LOGIN_EMAIL, Stack
from tests.e2e import bad_media, good_media
from tests.e2e.api_client import ApiClient
from tests.e2e.bad_media import LONGEST_SECONDS, BadMedia
from tests.e2e.canary import Canary
from tests.e2e.good_media import LEAK, SECONDS, GoodMedia
from tests.e2e.mp3_reading import Heard, hear
from tests.stage import Stage
from tests.waiting import wait_for

# No search for orphans while the tests run: whoever is done with a file deletes it.
SETTINGS = {"MAX_MEDIA_HOURS": str(LONGEST_SECONDS / 3600), "ORPHAN_SECONDS": "36000"}
CONVERSIONS_SECONDS = 200


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its job, its mails, and the answer to its download, also at `path`.

    `heard` is what a player makes of that answer.
    """

    job: dict[str, Any]
    mails: list[EmailMessage]
    answer: requests.Response
    path: Path

    @cached_property
    def heard(self) -> Heard:
        return hear(self.path)


@dataclass(frozen=True)
class Outcomes:
    """What became of all of them, by name, and what is stored now."""

    by_name: dict[str, Outcome]
    canary: Canary
    stage: Stage


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    with Canary(tmp_path_factory.mktemp("canary")) as watching:
        yield watching


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory, canary: Canary) -> Iterator[Outcomes]:
    """All files uploaded first, all jobs finished, every mail there, every MP3 fetched."""
    folder = tmp_path_factory.mktemp("media")
    with ThreadPoolExecutor(2) as pool:
        made = [(media, pool.submit(media.make, folder)) for media in good_media.ALL]
        paths = {media.name: future.result() for media, future in made}
    options = {media.name: media.options for media in good_media.ALL}
    for bad in bad_media.ALL:
        paths[bad.name] = bad.make(folder, canary)
    with Stack.on_free_ports(tmp_path_factory.mktemp("stack"), SETTINGS) as stack:
        user = ApiClient(stack)
        fids = {name: user.upload(path, **options.get(name, {})) for name, path in paths.items()}
        jobs = user.finished(fids.values(), CONVERSIONS_SECONDS)
        maildir = stack.mail_sink.mails
        wait_for(lambda: len(maildir.messages()) >= len(fids), what="a mail for each job")
        mails = [(mail, plain_text(mail)) for mail in maildir.messages()]
        stage = Stage(folder, stack.mongodb.url, stack.rabbitmq.url, stack.mail_sink.url)
        by_name = {
            name: Outcome(
                jobs[fid],
                [mail for mail, text in mails if fid in text],
                user.download(fid),
                folder / f"{fid}.mp3",
            )
            for name, fid in fids.items()
        }
        for outcome in by_name.values():
            outcome.path.write_bytes(outcome.answer.content)
        yield Outcomes(by_name, canary, stage)
        stage.close()


def mpeg_info(path: Path) -> MPEGInfo:
    return cast(MPEGInfo, MP3(path).info)


def by_name(media: GoodMedia | BadMedia) -> str:
    return media.name


@pytest.mark.parametrize("media", good_media.ALL, ids=by_name)
def test_a_good_file_converts(outcomes: Outcomes, media: GoodMedia) -> None:
    """Its MP3 is as long as its sound, keeps rate and channels, and is fetched under its name."""
    outcome = outcomes.by_name[media.name]
    job = outcome.job
    assert (job["status"], job["failure"], job["attempts"]) == ("ready", None, 1)
    assert job["source"]["name"] == media.name
    assert job["result"]["size"] == len(outcome.answer.content)
    assert job["result"]["duration"] == pytest.approx(SECONDS, abs=0.1)
    [mail] = outcome.mails
    assert mail["Subject"] == "MP3 Download"

    assert (outcome.answer.status_code, outcome.answer.headers["Content-Type"]) == (
        200,
        "audio/mpeg",
    )
    stem = media.name.rpartition(".")[0]
    assert f"{stem}.mp3" in unquote(outcome.answer.headers["Content-Disposition"])

    heard = outcome.heard
    assert (heard.codec, heard.rate, heard.channels) == ("mp3", media.rate, media.channels)
    assert heard.seconds == pytest.approx(SECONDS, abs=0.1)
    assert mpeg_info(outcome.path).length == pytest.approx(heard.seconds, abs=0.001)


@pytest.mark.parametrize("media", good_media.ALL, ids=by_name)
def test_an_mp3_says_its_title_and_nothing_that_its_owner_did_not(
    outcomes: Outcomes, media: GoodMedia
) -> None:
    """The tags are the title and its like; none of the container, its programs, its places."""
    outcome = outcomes.by_name[media.name]
    assert outcome.heard.tags == media.expected_tags
    assert outcome.heard.stream_tags.keys() <= {"encoder"}  # LAME's own name, in its own frame
    content = outcome.answer.content
    for unwanted in (LEAK, "Lavf", "Lavc", "major_brand", "isom", "VideoHandler"):
        assert unwanted.encode() not in content
        assert unwanted.encode("utf-16-le") not in content


@pytest.mark.parametrize("media", good_media.CONSTANT, ids=by_name)
def test_the_chosen_bitrate_is_kept(outcomes: Outcomes, media: GoodMedia) -> None:
    """A constant bitrate is exactly the one that was asked for."""
    outcome = outcomes.by_name[media.name]
    kbit = int(media.options["bitrate"].removesuffix("k"))
    assert outcome.heard.bitrate == kbit * 1000
    assert mpeg_info(outcome.path).bitrate_mode is BitrateMode.CBR
    assert outcome.job["options"] == {"bitrate": kbit, "quality": None}


def test_the_chosen_quality_is_kept(outcomes: Outcomes) -> None:
    """Better quality takes more room; V2 is what one gets without asking."""
    best, usual, least = (outcomes.by_name[media.name] for media in good_media.VARIABLE)
    assert [outcome.job["options"]["quality"] for outcome in (best, usual, least)] == [0, 2, 9]
    sizes = [outcome.job["result"]["size"] for outcome in (best, usual, least)]
    assert sizes[0] > 1.1 * sizes[1] > 1.3 * sizes[2]
    for outcome in (best, usual, least):
        assert mpeg_info(outcome.path).bitrate_mode is BitrateMode.VBR


@pytest.mark.parametrize("media", bad_media.ALL, ids=by_name)
def test_a_bad_file_is_refused_once(outcomes: Outcomes, media: BadMedia) -> None:
    """It fails at the first attempt, with its code; its owner reads the reason in one mail."""
    outcome = outcomes.by_name[media.name]
    job, failure = outcome.job, outcome.job["failure"]
    assert (job["status"], failure["code"], job["attempts"]) == ("failed", media.code, 1)
    assert failure["detail"].endswith(".")
    assert job["result"] is None
    [mail] = outcome.mails
    assert mail["To"] == LOGIN_EMAIL
    assert mail["Subject"] == "MP3 Download failed"
    assert failure["detail"] in plain_text(mail)
    assert media.code in plain_text(mail)
    assert outcome.answer.status_code == 409
    assert outcome.answer.headers["Content-Type"] == "application/problem+json"
    assert outcome.answer.json()["code"] == media.code


def test_nothing_is_left_of_any_file(outcomes: Outcomes) -> None:
    """Every source is deleted, every stored MP3 is a job's result, no message is a dead letter."""
    stage = outcomes.stage
    jobs = [stage.jobs.get(outcome.job["fid"]) for outcome in outcomes.by_name.values()]
    results = {job.mp3_fid for job in jobs if job and job.mp3_fid}
    assert len(results) == len(good_media.ALL)
    assert not [job for job in jobs if job and (job.video_fid or job.writing_fid)]
    only = {"videos": set(), "mp3s": {ObjectId(media_id) for media_id in results}}
    wait_for(lambda: stage.stored_ids() == only, 10, "the last deletion")
    assert stage.depth("video.dead") == stage.depth("mp3.dead") == 0


def test_no_file_makes_us_read_another_one(outcomes: Outcomes) -> None:
    """Playlists name a file and an address of ours: neither was touched."""
    assert not outcomes.canary.was_read
    assert not outcomes.canary.was_called


def test_the_canary_is_noticed_by_others(tmp_path: Path) -> None:
    """The same playlist makes a plain ffprobe open the file: the test above can fail."""
    with Canary(tmp_path) as canary:
        [playlist] = [media for media in bad_media.ALL if media.name == "concat.mp4"]
        path = playlist.make(tmp_path, canary)
        command = ["ffprobe", "-v", "quiet", "-f", "concat", "-safe", "0", str(path)]
        subprocess.run(command, check=False, timeout=60)
        assert canary.was_read
