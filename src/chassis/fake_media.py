"""Stored files in memory; see chassis.fakes."""

import hashlib
import secrets
from collections.abc import Callable, Iterator
from time import sleep
from typing import Final, Self

from chassis.errors import MediaMissing
from chassis.ports import (
    StoredMedia,
    check_rewrite,
)

FOLLOW_SECONDS: Final = 0.005


class FakeMediaWriter:
    """A file that grows in memory."""

    def __init__(self, store: "FakeMediaStore", media_id: str, *, rewritable: bool) -> None:
        self.media_id = media_id
        self._store = store
        self._rewritable = rewritable
        self._data = bytearray()
        self._finished = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See MediaWriter."""
        self._data += data
        self._store.arriving[self.media_id] = bytes(self._data)

    def rewrite(self, offset: int, data: bytes) -> None:
        """See MediaWriter."""
        check_rewrite(offset, data, len(self._data) if self._rewritable else 0)
        self._data[offset : offset + len(data)] = data

    def start_over(self) -> None:
        """See MediaWriter."""
        self._data.clear()
        self._store.delete(self.media_id)

    def finish(self) -> StoredMedia:
        """See MediaWriter."""
        data = bytes(self._data)
        self._store.files[self.media_id] = data
        self._finished = True
        return StoredMedia(self.media_id, len(data), hashlib.sha256(data).hexdigest())

    def abort(self) -> None:
        """See MediaWriter."""
        self._store.delete(self.media_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        if not self._finished:
            self.abort()


class FakeMediaReader:
    """A file in memory."""

    def __init__(self, store: "FakeMediaStore", media_id: str) -> None:
        if media_id not in store.files:
            raise MediaMissing(media_id)
        self._store = store
        self._media_id = media_id
        self.size = len(store.files[media_id])

    def read_at(self, offset: int, length: int) -> bytes:
        """See MediaReader."""
        if self._media_id not in self._store.files:
            raise MediaMissing(self._media_id)
        return self._store.files[self._media_id][offset : offset + length]

    def stream(self, start: int, stop: int) -> Iterator[bytes]:
        """See MediaReader."""
        if start < stop:
            yield self.read_at(start, stop - start)

    def close(self) -> None:
        """See MediaReader."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class FakeFollowingReader:
    """A file in memory that may still grow."""

    def __init__(
        self, store: "FakeMediaStore", media_id: str, whole: Callable[[], int | None]
    ) -> None:
        self._store = store
        self._media_id = media_id
        self._whole = whole

    @property
    def size(self) -> int:
        """See FollowingReader."""
        while (size := self._whole()) is None:
            sleep(FOLLOW_SECONDS)
        return size

    def read_at(self, offset: int, length: int) -> bytes:
        """See FollowingReader."""
        while True:
            ended = self._whole() is not None
            if ended and self._media_id not in self._store.files:
                raise MediaMissing(self._media_id)
            data = self._store.arriving.get(self._media_id, b"")[offset : offset + length]
            if data or ended:
                return data
            sleep(FOLLOW_SECONDS)

    def close(self) -> None:
        """See FollowingReader."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class FakeMediaStore:
    """Files in a dictionary, which tests may look into; `arriving` has those being written too."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.arriving: dict[str, bytes] = {}

    def new_id(self) -> str:
        """See MediaStore."""
        return secrets.token_hex(12)

    def writer(
        self,
        media_id: str,
        *,
        name: str,  # noqa: ARG002 - part of the port
        content_type: str,  # noqa: ARG002 - part of the port
        rewritable: bool = False,
    ) -> FakeMediaWriter:
        """See MediaStore."""
        return FakeMediaWriter(self, media_id, rewritable=rewritable)

    def open(self, media_id: str) -> FakeMediaReader:
        """See MediaStore."""
        return FakeMediaReader(self, media_id)

    def follow(self, media_id: str, whole: Callable[[], int | None]) -> FakeFollowingReader:
        """See MediaStore."""
        return FakeFollowingReader(self, media_id, whole)

    def delete(self, media_id: str) -> None:
        """See MediaStore."""
        self.files.pop(media_id, None)
        self.arriving.pop(media_id, None)

    def media_ids(self, after: str | None, limit: int) -> list[str]:
        """See MediaStore."""
        return sorted(media_id for media_id in self.files if media_id > (after or ""))[:limit]
