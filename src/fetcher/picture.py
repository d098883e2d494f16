"""The picture of a video: nice to have, so nothing that goes wrong with it is told."""

from threading import Timer
from typing import Final

from chassis.errors import Permanent, Retryable
from fetcher.http_client import Broken, HttpClient
from fetcher.http_statuses import OK
from fetcher.watch import Watch
from fetcher.ytdlp_pictures import MAX_BYTES, is_picture, thumbnails
from fetcher.ytdlp_reading import Facts

_SECONDS: Final = 15.0


def picture_of(facts: Facts, client: HttpClient, watch: Watch) -> bytes | None:
    """The best thumbnail that is a JPEG or PNG; None where none can be had. Raises Stopped."""
    for url in thumbnails(facts):
        try:
            picture = _fetched(url, client)
        except (Broken, Permanent, Retryable):
            watch.check()
            continue
        if picture is not None:
            return picture
    return None


def _fetched(url: str, client: HttpClient) -> bytes | None:
    with client.opened(url, {}) as answer:
        if answer.status != OK or answer.encoded:
            return None
        timer = Timer(_SECONDS, answer.cut)
        timer.daemon = True
        timer.start()
        try:
            data = answer.read(MAX_BYTES + 1)
            if len(data) <= MAX_BYTES and not is_picture(data):
                return None
            whole = not answer.read(1)
        finally:
            timer.cancel()
        return data if len(data) <= MAX_BYTES and whole else None
