"""glibc's memory allocator, told what to do with large pieces that are freed.

Left to itself it learns from what was freed, and does so for an arena of each thread: a converter
then holds a third more than it uses, and a gateway gets pages anew for each chunk of an upload. To
give all of it back at once is dear: on a virtual machine new memory costs about 3 us for each
4 KiB, ten times as much as copying that. Source: mallopt(3); the numbers are those of malloc.h.
"""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8

_LARGE_BYTES: Final = 8 << 20  # more than a message of MongoDB's with some chunks
_SPARE_BYTES: Final = 16 << 20  # what reading a file takes
_KEPT_BYTES: Final = 32 << 20  # the largest threshold that there is


def share_freed_memory() -> None:
    """From now on, all threads share what was freed; beyond 16 MiB the system has its end back.

    Child processes by fork inherit that. Nothing happens where the C library is another.
    """
    _set({_ARENA_MAX: 1, _MMAP_THRESHOLD: _LARGE_BYTES, _TRIM_THRESHOLD: _SPARE_BYTES})


def keep_freed_memory() -> None:
    """From now on, up to 32 MiB of freed memory stay here for the next pieces.

    The system clears each page that it gives. Nothing happens where the C library is another.
    """
    _set({_MMAP_THRESHOLD: _KEPT_BYTES, _TRIM_THRESHOLD: _KEPT_BYTES})


def _set(parameters: dict[int, int]) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in parameters.items():
            mallopt(parameter, value)
