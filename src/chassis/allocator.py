"""glibc's memory allocator, told to use again what was freed, where large pieces are passed on.

Left to itself it keeps what was freed, in an arena for each thread: a converter then holds a third
more than it uses. To give all of it back at once is dear: on a virtual machine new memory costs
about 3 us for each 4 KiB, ten times as much as copying that. Source: mallopt(3); the numbers are
those of malloc.h.
"""

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8

_LARGE_BYTES: Final = 8 << 20  # more than a message of MongoDB's with some chunks
_SPARE_BYTES: Final = 16 << 20  # what reading a file takes


def reuse_freed_memory() -> None:
    """From now on, all threads share what was freed; beyond 16 MiB the system has its end back.

    Child processes by fork inherit that. Nothing happens where the C library is another.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(_ARENA_MAX, 1)
    mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
    mallopt(_TRIM_THRESHOLD, _SPARE_BYTES)
