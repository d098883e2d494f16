"""The system's MP3 encoder, libmp3lame, by a thin binding.

PyAV carries a libmp3lame of its own that was measured 3.3 times slower than Debian's. ctypes
releases the interpreter lock during each call. The functions are those of lame.h of LAME 3.100.
"""

import ctypes
import math
from dataclasses import dataclass
from functools import cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

LIBRARY: Final = "libmp3lame.so.0"

_VBR_MTRH: Final = 4  # vbr_mode of lame.h: the variable bitrate method that `lame -V` uses
_FLUSH_BYTES: Final = 7200  # lame.h: what lame_encode_flush may need
_TAG_BYTES: Final = 2880  # MAXFRAMESIZE of LAME's VbrTag.h

LOUDEST: Final = 16.0  # 24 dB over full scale; at a million times that, LAME ends the process

_Context = ctypes.c_void_p

DELAY: Final = 576
"""How many samples too many there are at the start of what LAME makes (its ENCDELAY)."""

_INTEGER_SETTINGS: Final = (
    "lame_set_in_samplerate",
    "lame_set_out_samplerate",
    "lame_set_num_channels",
    "lame_set_brate",
    "lame_set_VBR",
    "lame_set_VBR_q",
    "lame_set_bWriteVbrTag",
    "lame_set_disable_reservoir",
    "lame_set_lowpassfreq",
)


class LameError(Exception):
    """The encoder is not installed, refuses its settings, or failed."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to encode: `sample_rate` in Hz, one or two `channels`.

    Either `bitrate` in kbit/s (constant; the nearest that the sample rate allows) or `quality`
    from 0 to 9 (variable) is set. Frequencies above `lowpass` Hz are left out; None: as LAME does
    for such a bitrate.
    """

    sample_rate: int
    channels: int
    bitrate: int | None = None
    quality: int | None = None
    lowpass: int | None = None


@cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        raise LameError(f"The MP3 encoder {LIBRARY} is not installed: {error}") from error
    library.get_lame_version.argtypes = []
    library.get_lame_version.restype = ctypes.c_char_p
    library.lame_init.argtypes = []
    library.lame_init.restype = _Context
    for name in _INTEGER_SETTINGS:
        getattr(library, name).argtypes = [_Context, ctypes.c_int]
    library.lame_init_params.argtypes = [_Context]
    library.lame_get_scale.argtypes = [_Context]
    library.lame_get_scale.restype = ctypes.c_float
    library.lame_close.argtypes = [_Context]
    library.lame_encode_buffer_ieee_float.argtypes = [
        _Context,
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int,
        ctypes.c_void_p,
        ctypes.c_int,
    ]
    library.lame_encode_flush.argtypes = [_Context, ctypes.c_void_p, ctypes.c_int]
    library.lame_get_lametag_frame.argtypes = [_Context, ctypes.c_void_p, ctypes.c_size_t]
    library.lame_get_lametag_frame.restype = ctypes.c_size_t
    return library


def version() -> str:
    """The encoder's own version, such as "3.100"; raises LameError if it is not installed."""
    spelled: bytes = _library().get_lame_version()
    return spelled.decode("ascii")


def own_gain(encoding: Encoding) -> float:
    """By how many dB the encoder changes the sound before it encodes it.

    At lower constant bitrates LAME makes it a little quieter (scale in its presets.c).
    """
    if encoding.bitrate is None:
        return 0.0
    return _gain_at(encoding.sample_rate, encoding.bitrate)


@cache
def _gain_at(sample_rate: int, bitrate: int) -> float:
    with Encoder(Encoding(sample_rate, channels=1, bitrate=bitrate)) as encoder:
        return 20 * math.log10(encoder.scale)


class Encoder:
    """One MP3 being made. Close it, or use it as a context manager.

    The first bytes that come out are a frame kept free for `tag_frame`. The bit reservoir is off:
    each frame holds its own sound only, so that frames can be cut off and put together.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._library = _library()
        self._context: int | None = self._library.lame_init()
        if not self._context:
            raise LameError("The MP3 encoder could not be started.")
        try:
            self._configure(encoding)
        except LameError:
            self.close()
            raise
        self.encoding = encoding
        self._out = np.empty(0, np.uint8)

    def _configure(self, encoding: Encoding) -> None:
        settings = {
            "lame_set_in_samplerate": encoding.sample_rate,
            "lame_set_out_samplerate": encoding.sample_rate,
            "lame_set_num_channels": encoding.channels,
            "lame_set_bWriteVbrTag": 1,
            "lame_set_disable_reservoir": 1,
        }
        if encoding.bitrate is not None:
            settings["lame_set_brate"] = encoding.bitrate
        if encoding.quality is not None:
            settings["lame_set_VBR"] = _VBR_MTRH
            settings["lame_set_VBR_q"] = encoding.quality
        if encoding.lowpass is not None:
            settings["lame_set_lowpassfreq"] = encoding.lowpass
        for name, value in settings.items():
            if getattr(self._library, name)(self._context, value) < 0:
                raise LameError(f"The MP3 encoder refuses {name}({value}).")
        if self._library.lame_init_params(self._context) < 0:
            raise LameError(f"The MP3 encoder refuses {encoding}.")

    @property
    def scale(self) -> float:
        """What samples are multiplied by."""
        return float(self._library.lame_get_scale(self._context))

    def encode(self, samples: NDArray[np.float32]) -> bytes:
        """MP3 data for `samples`, an array of (channels, n) with full scale at 1.0.

        What comes out lags behind what goes in. What is no number becomes silence.
        """
        planes = tamed(np.ascontiguousarray(samples, dtype=np.float32))
        channels, count = planes.shape
        if channels != self.encoding.channels:
            raise LameError(f"{channels} channels were given, not {self.encoding.channels}.")
        room = count * 5 // 4 + _FLUSH_BYTES  # lame.h: the worst case
        if room > self._out.size:
            self._out = np.empty(room, np.uint8)
        written = self._library.lame_encode_buffer_ieee_float(
            self._context,
            planes[0].ctypes.data,
            planes[-1].ctypes.data,
            count,
            self._out.ctypes.data,
            self._out.size,
        )
        if written < 0:
            raise LameError(f"The MP3 encoder failed with {written}.")
        return self._out[:written].tobytes()

    def flush(self) -> bytes:
        """The last MP3 data; after it only `tag_frame` and `close` may be called."""
        out = ctypes.create_string_buffer(_FLUSH_BYTES)
        written = self._library.lame_encode_flush(self._context, out, _FLUSH_BYTES)
        if written < 0:
            raise LameError(f"The MP3 encoder failed with {written} at the end.")
        return out.raw[:written]

    def tag_frame(self) -> bytes:
        """The Xing/LAME frame of what came out, to be put over its first bytes.

        There is none, b"", before the first frame of sound, and where a frame has no room for it.
        """
        out = ctypes.create_string_buffer(_TAG_BYTES)
        size = self._library.lame_get_lametag_frame(self._context, out, _TAG_BYTES)
        if size > _TAG_BYTES:
            raise LameError(f"The MP3 encoder wants a tag of {size} bytes.")
        return out.raw[:size]

    def close(self) -> None:
        """Free the encoder's memory; closing twice is no error."""
        if self._context:
            self._library.lame_close(self._context)
            self._context = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def tamed(planes: NDArray[np.float32]) -> NDArray[np.float32]:
    """The samples without those that a damaged file can hold and that make LAME abort."""
    # Not so either for what is no number; the largest and the least take no memory, unlike np.abs.
    if planes.max(initial=0.0) <= LOUDEST and planes.min(initial=0.0) >= -LOUDEST:
        return planes
    numbers = np.nan_to_num(planes, nan=0.0, posinf=LOUDEST, neginf=-LOUDEST)
    return numbers.clip(-LOUDEST, LOUDEST)
