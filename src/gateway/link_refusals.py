"""How the gateway says no to links, batches and files by link, as gateway.refusals has the rest."""

from chassis.errors import InvalidUrl
from chassis.jobs import Failure
from gateway.refusals import FetchFailed, Refusal


def link_required() -> Refusal:
    """No link came, or several ways to send them at once."""
    return Refusal(
        "link_required", "Send one of video_url (a link), video_urls (links) and playlist_url."
    )


def media_link_required() -> Refusal:
    """No link came for a file to be fetched."""
    return Refusal("link_required", "Send url (a link), or urls (links).")


def nothing_listed(name: str) -> Refusal:
    """A list of links is empty."""
    return Refusal("link_required", f"{name} has no link in it.")


def not_a_link(name: str) -> InvalidUrl:
    """Where a link belongs stands something else."""
    return InvalidUrl(f"{name} has to be a link, as text.")


def is_a_playlist() -> InvalidUrl:
    """A playlist came where one video belongs."""
    return InvalidUrl("That is a playlist: send it to POST /submit, as playlist_url.")


def is_no_playlist() -> InvalidUrl:
    """One video came where a playlist belongs."""
    return InvalidUrl("That is one video, not a playlist: send it as video_url.")


def too_many_entries(limit: int) -> Refusal:
    """A batch has more links than one may have."""
    return Refusal("too_many_entries", f"Send at most {limit} links at once.")


def invalid_checksum() -> Refusal:
    """What should be a checksum is none."""
    return Refusal("invalid_checksum", "sha256 is 64 hexadecimal digits.")


def checksum_for_one() -> Refusal:
    """A checksum came with several links."""
    return Refusal("invalid_checksum", "sha256 goes with one link.")


def video_does_not_exist(reason: Failure) -> Refusal:
    """The site of a link has said before that there is no such video."""
    return Refusal("video_does_not_exist", reason.detail)


def fetch_failed(failure: Failure | None) -> FetchFailed:
    """Why there is no file of a link."""
    code, detail = (failure.code, failure.detail) if failure else ("gone", "There is no file.")
    return FetchFailed(code, detail)


def invalid_batch_id() -> Refusal:
    """What should be a batch's id is none."""
    return Refusal("invalid_batch_id", "That is not the id of a batch: ids are UUIDs.")


def batch_not_found() -> Refusal:
    """There is no such batch, or it is another user's."""
    return Refusal("batch_not_found", "There is no such batch.")
