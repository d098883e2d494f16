"""Bodies that are small enough to be read whole."""

from typing import Final, cast

from flask import Request

from gateway import refusals
from gateway.uploads import Body

MAX_BODY_BYTES: Final = 64 * 1024


def small_body(request: Request) -> bytes:
    """The body of `request`; raises Refusal if it is larger than MAX_BODY_BYTES."""
    body = cast(Body, request.environ["wsgi.input"])
    gathered = bytearray()
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise refusals.too_large(MAX_BODY_BYTES)
    for piece in body.pieces(_nothing_to_do, lambda: MAX_BODY_BYTES):
        gathered += piece
        if len(gathered) > MAX_BODY_BYTES:
            raise refusals.too_large(MAX_BODY_BYTES)
    return bytes(gathered)


def _nothing_to_do() -> None:
    """Nobody's lease is to be kept."""
