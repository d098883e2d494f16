"""What a download gives of a ready job: its MP3, its ZIP of MP3s, or one MP3 out of that."""

import re
from dataclasses import dataclass
from typing import Final

from chassis.jobs import Job, Result
from chassis.names import mp3_name, part_name, zip_name
from gateway import refusals
from gateway.ranges import Representation

MP3_TYPE: Final = "audio/mpeg"
ZIP_TYPE: Final = "application/zip"
_NUMBER: Final = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A file as it is delivered; it begins `offset` bytes behind the start of the stored one."""

    file: Representation
    offset: int
    name: str
    content_type: str


def delivery(job: Job, result: Result, chapter: str | None) -> Delivery:
    """All that `job` made, or the MP3 of one chapter, counted from 1; raises Refusal."""
    if chapter is not None:
        return _part(job, result, chapter)
    file = Representation(result.size, result.sha256, job.updated_at)
    if result.parts:
        return Delivery(file, 0, zip_name(job.source.name), ZIP_TYPE)
    return Delivery(file, 0, mp3_name(job.source.name), MP3_TYPE)


def _part(job: Job, result: Result, chapter: str) -> Delivery:
    count = len(result.parts)
    number = int(chapter) if _NUMBER.fullmatch(chapter) else 0
    if not 1 <= number <= count:
        raise refusals.no_such_chapter(count)
    part = result.parts[number - 1]
    file = Representation(part.size, f"{result.sha256}-{number}", job.updated_at)
    return Delivery(file, part.offset, part_name(number, count, part.title), MP3_TYPE)
