"""What sites say of videos, for tests: in every script, and with a picture."""

import hashlib
from dataclasses import replace

from chassis.jobs import Job
from chassis.sources import Chapter, Link, Metadata
from tests.sample_jobs import a_media_id

SCRIPTS = (
    "Größenwahn – naïve café",
    "Война и мир",
    "أغنية الصيف",
    "שיר הקיץ",
    "夏の歌 第四章",
    "여름 노래",
    "गर्मियों का गीत",
    "เพลงฤดูร้อน",
    "👩‍👩‍👧‍👦 🎻 🏳️‍🌈",
)

METADATA = Metadata(
    title="👩‍👩‍👧‍👦 Größenwahn: 夏の歌",
    artist="Певица и хор",
    album="أغنية الصيف",
    album_artist="שיר הקיץ",
    date="2024-05-03",
    track="3",
    genre="여름 노래 🎻",
    comment="गर्मियों का गीत เพลงฤดูร้อน",
    language="jpn",
    chapters=tuple(Chapter(0.25 * number, title) for number, title in enumerate(SCRIPTS)),
)


def by_link(job: Job, metadata: Metadata = METADATA, picture: bytes | None = None) -> Job:
    """`job` as one whose source came by a link, of which its site says so much.

    With a `picture` it names an id for it; storing it there is the caller's.
    """
    if picture is not None:
        metadata = replace(metadata, picture_sha256=hashlib.sha256(picture).hexdigest())
    return replace(
        job,
        link=Link("https://site.example/watch?v=1", "https://site.example/watch?v=1"),
        source=replace(job.source, metadata=metadata),
        picture_fid=None if picture is None else a_media_id(),
    )
