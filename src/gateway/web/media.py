"""GET and HEAD /media: files by link and checksum.

Sources: RFC 9530 (Repr-Digest), RFC 6266 (Content-Disposition).
"""

import base64
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Final

import structlog
from flask import Blueprint, Response, request

from chassis.jobs import Job
from chassis.ports import MediaStore
from gateway.delivery import Delivery
from gateway.form import UNKNOWN_TYPE
from gateway.link_form import asked_media
from gateway.link_jobs import LinkJobs, Sender
from gateway.media import CachedFile, Media
from gateway.naming import clean_name
from gateway.presenting import Presenter, retry_after
from gateway.ranges import Representation
from gateway.web.answers import json_answer
from gateway.web.files import file_answer
from gateway.web.identity import Identify
from gateway.web.observation import TRACEPARENT
from gateway.written_options import written_options

_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,64}/[A-Za-z0-9!#$&^_.+-]{1,64}")


def media_routes(
    media: Media,
    links: LinkJobs,
    videos: MediaStore,
    identify: Identify,
    presenter: Presenter,
    clock: Callable[[], datetime],
) -> Blueprint:
    """The way out for what links led to."""
    routes = Blueprint("media", __name__)

    @routes.get("/media")
    def get_media() -> Response:
        user = identify(request)
        sender = Sender(user.username, request.environ[TRACEPARENT])
        asked = asked_media(written_options("", b"", request.args.to_dict(flat=False)), 1)
        link = links.video(asked.urls[0], sha256=asked.sha256)
        found = media.file(sender, link)
        if isinstance(found, Job):
            return _not_there_yet(found)
        digest = base64.b64encode(bytes.fromhex(found.content.sha256)).decode()
        return file_answer(
            videos,
            found.content.video_fid,
            _delivery(found),
            {"Repr-Digest": f"sha-256=:{digest}:"},
            partial(media.in_use, found),
        )

    def _not_there_yet(job: Job) -> Response:
        structlog.contextvars.bind_contextvars(job_id=job.fid)
        headers = {
            "Location": f"/jobs/{job.fid}",
            "Retry-After": str(retry_after(job, clock())),
            "Cache-Control": "no-store",
        }
        return json_answer(presenter.job(job), HTTPStatus.ACCEPTED, headers)

    return routes


def _delivery(file: CachedFile) -> Delivery:
    """A stranger's file, under the name and the type that its site gave it."""
    content, link = file.content, file.link
    kind = link.content_type if link else UNKNOWN_TYPE
    return Delivery(
        Representation(content.size, content.sha256, content.stored_at),
        0,
        clean_name(link.name) if link else content.sha256,
        kind if _MEDIA_TYPE.fullmatch(kind) else UNKNOWN_TYPE,
    )
