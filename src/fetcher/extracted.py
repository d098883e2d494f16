"""Links to pages and manifests: yt-dlp finds the video, its bytes come by HTTP or in fragments."""

import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from chassis.media_cache import CachedLink
from chassis.names import plain_name
from fetcher.cookies import cookie_header
from fetcher.failures import failure
from fetcher.http_client import HttpClient
from fetcher.http_download import HttpDownload
from fetcher.http_statuses import OK, PARTIAL, failure_of
from fetcher.limits import FetchLimits
from fetcher.picture import picture_of
from fetcher.ports import Brought, Sink, Unchanged
from fetcher.transfer import pour_stream
from fetcher.watch import Watch
from fetcher.ytdlp_entries import entry_url, is_playlist
from fetcher.ytdlp_formats import Format, Way
from fetcher.ytdlp_metadata import metadata_of
from fetcher.ytdlp_reading import Facts, dictionaries, number, text
from fetcher.ytdlp_runs import YtDlp
from fetcher.ytdlp_verdict import chosen

_FORBIDDEN: Final = 403
_ENDINGS: Final = {"video/mp2t": "ts", "audio/mpeg": "mp3", "audio/aac": "aac"}
_FIELD_NAME: Final = re.compile(r"[A-Za-z0-9-]+")
_FIELD_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")
_OWN_FIELDS: Final = frozenset({"accept-encoding", "range", "host", "cookie", "connection"})


@dataclass(frozen=True, slots=True)
class Means:
    """What a fetch has at hand."""

    client: HttpClient
    yt_dlp: YtDlp
    watch: Watch
    limits: FetchLimits


def bring_extracted(
    url: str,
    known: CachedLink | None,
    open_sink: Callable[[str, str], Sink],
    on_progress: Callable[[float], None],
    means: Means,
    *,
    pixels: bool,
) -> Brought | Unchanged:
    """Bring in the video of the page at `url`; raises as Bringer.bring, and Broken."""
    facts, output = _one_video(url, means.yt_dlp)
    found = chosen(facts, output, means.limits, pixels=pixels)
    version = _version(facts, found)
    if known and version and known.version == version:
        return Unchanged()
    metadata = metadata_of(facts)
    title = metadata.title or "video"
    names: list[str] = []

    def open_named(content_type: str) -> Sink:
        names.append(_file_name(title, found, content_type))
        return open_sink(names[0], content_type)

    bring = _bring_file if found.way is Way.FILE else _bring_fragments
    content_type = bring(facts, found, open_named, on_progress, means)
    return Brought(
        names[0],
        content_type,
        metadata=metadata,
        picture=picture_of(facts, means.client, means.watch),
        version=version,
    )


def _one_video(url: str, yt_dlp: YtDlp) -> tuple[Facts, str]:
    """What is at `url`; a playlist of one video is that video."""
    facts, output = yt_dlp.facts(url)
    if not is_playlist(facts):
        return facts, output
    entries = dictionaries(facts, "entries")
    if not entries:
        raise failure("no_media")
    if len(entries) > 1:
        raise failure("playlist")
    if entries[0].get("_type", "video") == "video":
        return entries[0], output
    address = entry_url(entries[0], url)
    if address is None:
        raise failure("no_media")
    facts, output = yt_dlp.facts(address)
    if is_playlist(facts):
        raise failure("playlist")
    return facts, output


def _version(facts: Facts, found: Format) -> str | None:
    """Names what would come; None where the site does not say the exact size of it."""
    parts = (text(facts, "extractor_key"), text(facts, "id"), text(found.facts, "format_id"))
    if found.size is None or None in parts:
        return None
    return " ".join((*(part for part in parts if part), str(found.size)))


def _bring_file(
    facts: Facts,
    found: Format,
    open_sink: Callable[[str], Sink],
    on_progress: Callable[[float], None],
    means: Means,
) -> str:
    url = found.facts["url"]
    client, watch, limits = means.client, means.watch, means.limits
    headers = _headers(facts, found, url)
    with HttpDownload(client, watch, limits, url, headers, found.range_bytes) as download:
        answer = download.first_answer({})
        if answer.status == _FORBIDDEN:
            raise failure("site_unavailable", "The site does not send the video that it names.")
        if answer.status not in {OK, PARTIAL}:
            raise failure_of(answer.status)
        pieces = download.chunks(answer, b"")
        total = download.announced(answer) or found.estimated_size
        declared = answer.headers.get("Content-Type")
        return pour_stream(pieces, declared, open_sink, total, on_progress)


def _bring_fragments(
    facts: Facts,
    found: Format,
    open_sink: Callable[[str], Sink],
    on_progress: Callable[[float], None],
    means: Means,
) -> str:
    bitrate, duration = number(found.facts, "tbr"), number(facts, "duration")
    guess = bitrate * duration * 1000 / 8 if bitrate and duration else None
    with closing(means.yt_dlp.stream(facts, found)) as pieces:
        return pour_stream(pieces, None, open_sink, found.estimated_size or guess, on_progress)


def _headers(facts: Facts, found: Format, url: str) -> dict[str, str]:
    """The fields with which the site gave out the address, but those that are ours to say."""
    given = found.facts.get("http_headers") or facts.get("http_headers")
    headers = {
        name: value
        for name, value in (given.items() if isinstance(given, dict) else ())
        if isinstance(value, str)
        and _FIELD_NAME.fullmatch(name)
        and _FIELD_VALUE.fullmatch(value)
        and name.lower() not in _OWN_FIELDS
    }
    cookies = cookie_header(_cookies(found, facts), url)
    return {**headers, "Cookie": cookies} if cookies else headers


def _cookies(found: Format, facts: Facts) -> str:
    """The cookies of a format, as yt-dlp writes them."""
    cookies = found.facts.get("cookies") or facts.get("cookies")
    return cookies if isinstance(cookies, str) else ""


def _file_name(title: str, found: Format, content_type: str) -> str:
    ending = _ENDINGS.get(content_type) or text(found.facts, "ext") or "bin"
    return plain_name(f"{title.replace('/', '_').replace(chr(92), '_')}.{ending}")
