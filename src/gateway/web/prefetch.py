"""POST /media/prefetch: files fetched ahead of need; nobody waits."""

from typing import Any

from flask import Blueprint, Response, request

from chassis.errors import InvalidUrl, UrlNotAllowed
from chassis.jobs import Job
from gateway.link_form import LISTS, AskedMedia, asked_media
from gateway.link_jobs import LinkJobs, Sender
from gateway.media import Media
from gateway.presenting import Presenter
from gateway.problems import refused_links
from gateway.refusals import NothingAccepted, Refusal, RefusedLink
from gateway.web.answers import json_answer
from gateway.web.bodies import small_body
from gateway.web.identity import Identify
from gateway.web.observation import TRACEPARENT
from gateway.written_options import written_options


def prefetch_routes(
    media: Media, links: LinkJobs, identify: Identify, presenter: Presenter, max_entries: int
) -> Blueprint:
    """The way into the cache."""
    routes = Blueprint("prefetch", __name__)

    @routes.post("/media/prefetch")
    def prefetch() -> Response:
        user = identify(request)
        sender = Sender(user.username, request.environ[TRACEPARENT])
        written = written_options(
            request.headers.get("Content-Type", ""),
            small_body(request),
            request.args.to_dict(flat=False),
            LISTS,
        )
        asked = asked_media(written, max_entries)
        if asked.is_list:
            return _all_prefetched(sender, asked)
        return json_answer(_prefetched(sender, asked.urls[0], asked.sha256), 202)

    def _all_prefetched(sender: Sender, asked: AskedMedia) -> Response:
        accepted: list[dict[str, Any]] = []
        refused: list[RefusedLink] = []
        for url in asked.urls:
            try:
                accepted.append(_prefetched(sender, url, None))
            except (InvalidUrl, UrlNotAllowed, Refusal) as error:
                refused.append(RefusedLink(url, error))
        if not accepted:
            raise NothingAccepted(refused)
        return json_answer({"media": accepted, "refused": refused_links(refused)}, 202)

    def _prefetched(sender: Sender, url: str, sha256: str | None) -> dict[str, Any]:
        link = links.video(url, sha256=sha256)
        found = media.ahead(sender, link)
        there = None if isinstance(found, Job) else found.content
        return {
            "url": link.url,
            "media_url": presenter.media_url(link),
            "sha256": there.sha256 if there else sha256,
            "job": presenter.accepted(found) if isinstance(found, Job) else None,
        }

    return routes
