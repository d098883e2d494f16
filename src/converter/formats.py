"""What the engine reads and writes: containers, audio decoders, sample rates.

Whitelists, because the media library knows hundreds of formats and some of them are dangerous here:
a playlist, manifest or session description names other files and hosts to read, a picture decoder
takes hundreds of megabytes for one frame.
"""

from typing import Final

CONTAINERS: Final = (
    "aac",
    "ac3",
    "aiff",
    "amr",
    "ape",
    "asf",
    "au",
    "avi",
    "caf",
    "dts",
    "dv",
    "eac3",
    "flac",
    "flv",
    "gxf",
    "matroska",
    "mov",
    "mp3",
    "mpeg",
    "mpegts",
    "mxf",
    "nut",
    "ogg",
    "rm",
    "tta",
    "w64",
    "wav",
    "wtv",
    "wv",
)
"""Names of FFmpeg's demuxers for containers that hold their media themselves."""

AUDIO_DECODERS: Final = (
    "aac",
    "aac_latm",
    "ac3",
    "adpcm_ima_qt",
    "adpcm_ima_wav",
    "adpcm_ms",
    "adpcm_swf",
    "adpcm_yamaha",
    "alac",
    "als",
    "amrnb",
    "amrwb",
    "ape",
    "cook",
    "dca",
    "dvaudio",
    "eac3",
    "flac",
    "g722",
    "g726",
    "g726le",
    "gsm",
    "gsm_ms",
    "ilbc",
    "imc",
    "libopencore_amrnb",
    "libopencore_amrwb",
    "libopus",
    "mace3",
    "mace6",
    "mlp",
    "mp1",
    "mp1float",
    "mp2",
    "mp2float",
    "mp3",
    "mp3adu",
    "mp3adufloat",
    "mp3float",
    "mp3on4",
    "mp3on4float",
    "nellymoser",
    "opus",
    "pcm_alaw",
    "pcm_bluray",
    "pcm_dvd",
    "pcm_f16le",
    "pcm_f24le",
    "pcm_f32be",
    "pcm_f32le",
    "pcm_f64be",
    "pcm_f64le",
    "pcm_lxf",
    "pcm_mulaw",
    "pcm_s16be",
    "pcm_s16be_planar",
    "pcm_s16le",
    "pcm_s16le_planar",
    "pcm_s24be",
    "pcm_s24daud",
    "pcm_s24le",
    "pcm_s24le_planar",
    "pcm_s32be",
    "pcm_s32le",
    "pcm_s32le_planar",
    "pcm_s64be",
    "pcm_s64le",
    "pcm_s8",
    "pcm_s8_planar",
    "pcm_u16be",
    "pcm_u16le",
    "pcm_u24be",
    "pcm_u24le",
    "pcm_u32be",
    "pcm_u32le",
    "pcm_u8",
    "qcelp",
    "qdm2",
    "qdmc",
    "ralf",
    "real_144",
    "real_288",
    "s302m",
    "sipr",
    "speex",
    "tak",
    "truehd",
    "tta",
    "vorbis",
    "wavpack",
    "wmalossless",
    "wmapro",
    "wmav1",
    "wmav2",
    "wmavoice",
)
"""Names of FFmpeg's decoders that may run, here and while it probes; none of them for pictures."""

_MATROSKA: Final = "matroska,webm"
_MP4: Final = "mov,mp4,m4a,3gp,3g2,mj2"

INDEXED_CONTAINERS: Final = frozenset({_MP4})
"""Containers with an index of every packet, which says how long each track is."""

MEASURED_CONTAINERS: Final = frozenset({"avi", "mpeg", "mpegts", "ogg", "wav"})
"""Containers whose duration the library takes from what is there, cut off or not."""

TRACK_TAGGED_CONTAINERS: Final = frozenset({_MATROSKA, "ogg"})
"""Containers whose tags may stand with the track, not with the file."""

TITLED_TRACK_CONTAINERS: Final = frozenset({"ogg"})
"""Those of them where the track's title is that of the file (Vorbis comments)."""

STREAMED_CONTAINERS: Final = frozenset(
    {"aac", "ac3", "eac3", "flac", "flv", _MATROSKA, _MP4, "mpeg", "mpegts", "ogg", "wav"}
)
"""Containers that can be read from their start to their end, before their end is there.

Not MP3: without the file's size the library does not believe what its first frame says of the
length, and gives sound that was to be cut off.
"""

LATE_TAGS_CONTAINERS: Final = frozenset({_MATROSKA, "wav"})
"""Those of them that may have their titles at their end."""

SAMPLE_RATES: Final = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""The sample rates of MPEG-1, MPEG-2 and MPEG-2.5 Layer III, in Hz."""


def mp3_sample_rate(rate: int) -> int:
    """The sample rate of an MP3 made of sound at `rate` Hz: the same, else the next higher one.

    48 kHz, the highest there is, for everything above.
    """
    return next((known for known in SAMPLE_RATES if known >= rate), SAMPLE_RATES[-1])


PICTURE_DECODERS: Final = frozenset(
    {
        "cinepak",
        "dnxhd",
        "dvvideo",
        "ffv1",
        "flv",
        "h263",
        "h264",
        "hevc",
        "libdav1d",
        "libvpx-vp9",
        "mjpeg",
        "mpeg1video",
        "mpeg2video",
        "mpeg4",
        "msmpeg4",
        "msmpeg4v1",
        "msmpeg4v2",
        "png",
        "prores",
        "rv30",
        "rv40",
        "svq1",
        "svq3",
        "theora",
        "vc1",
        "vp6",
        "vp6a",
        "vp6f",
        "vp8",
        "vp9",
        "wmv1",
        "wmv2",
        "wmv3",
    }
)
"""Names of FFmpeg's decoders that may run where a cover was asked for, and only there."""

MAX_PICTURE_PIXELS: Final = 36_000_000
"""How large a picture may be that they decode: a little more than 8K UHD."""
