"""Decoding one track of a media file, from its first packet to its last."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from av.audio.frame import AudioFrame
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition, Stream

from converter.formats import mp3_sample_rate
from converter.lyrics import Lyrics
from converter.media import Media
from converter.resample import Resampler, Samples, frame_kind
from converter.structure import Completeness, completeness
from converter.verdict import Reading

_MAX_DEMUX_ERRORS: Final = 100
_MAX_CHANNELS: Final = 2


class TrackReader:
    """The sound of `media`'s track as blocks of samples, and what was learnt on the way.

    `sample_rate` and `channels` are those of the blocks, `source_sample_rate` and
    `source_channels` those of the track; all are known once the first block was given. `decoded`
    is how much of the sound was given, in seconds.
    """

    sample_rate: int
    channels: int
    source_sample_rate: int
    source_channels: int

    def __init__(
        self,
        media: Media,
        sample_rate: int | None = None,
        channels: int | None = None,
        lyrics: Lyrics | None = None,
    ) -> None:
        """`sample_rate` in Hz and `channels` are what blocks are to have; None: as the track.

        `lyrics` are told of the subtitles that stand beside the sound.
        """
        self._media = media
        self.lyrics = lyrics
        self._wanted = sample_rate, channels
        self._resampler: Resampler | None = None
        self._reached = 0.0
        self._time_bases: dict[int, float] = {}
        self._packets = 0
        self._damaged = 0
        self._bytes = 0
        self._demuxed: Iterator[Packet[Stream]] = self._demux()
        self.decoded = 0.0
        self._attached: dict[int, Packet[Stream]] = {}
        pictures = [stream for stream in media.container.streams if _is_picture(stream)]
        self._streams: list[Stream] = [media.track, *pictures]
        if lyrics:
            self._streams.append(lyrics.stream)
        self._beside = {stream.index for stream in self._streams} - {media.track.index}
        self._whole = media.promises_as_a_whole
        if self._whole:
            # Only the longest of all tracks keeps a promise that is made for the whole file.
            self._streams = list(media.container.streams)
        for stream in media.container.streams:
            if stream not in self._streams:
                stream.discard = Discard.all

    def blocks(self) -> Iterator[Samples]:
        """The sound from its start to its end; packets that cannot be decoded are left out."""
        for packet in self._demuxed:
            self._note((packet,))
            if packet.stream is self._media.track:
                for frame in self._decode(packet):
                    yield from self._resample(frame)
        if self._resampler:
            yield from self._resampler.drain()

    def first_packets(self, count: int) -> list["Packet[Stream]"]:
        """Up to `count` packets of the track that come next, with data; they are given again."""
        looked_at: list[Packet[Stream]] = []
        found = 0
        while found < count and (packet := next(self._demuxed, None)):
            looked_at.append(packet)
            found += packet.stream is self._media.track
            if packet.size and _is_picture(packet.stream):
                self._attached.setdefault(packet.stream_index, packet)
        self._demuxed = itertools.chain(looked_at, self._demuxed)
        return self._with_data(looked_at)

    def packet_blocks(self, count: int) -> Iterator[list["Packet[Stream]"]]:
        """The track as it is, in place of `blocks`: lists of up to `count` packets with data.

        Tell what is in them with `note_decoded`.
        """
        while packets := list(itertools.islice(self._demuxed, count)):
            self._note(packets)
            if found := self._with_data(packets):
                self._packets += len(found)
                self._bytes += sum(packet.size for packet in found)
                yield found

    def attached_pictures(self) -> list["Packet[Stream]"]:
        """The pictures that belong to the file (covers), of which libavformat has each whole."""
        if any(map(_is_picture, self._streams)):
            self.first_packets(1)  # they come before it
        return list(self._attached.values())

    def note_source(self, sample_rate: int, channels: int) -> None:
        """What the track's own sample rate and channels are, where it is not decoded."""
        self.source_sample_rate, self.source_channels = sample_rate, channels

    def note_decoded(self, seconds: float, damaged: int = 0) -> None:
        """Packets that were given hold so much sound; so many of them are damaged."""
        self.decoded += seconds
        self._damaged += damaged

    @property
    def bitrate(self) -> int | None:
        """The track's average bitrate in bit/s, if the file tells it."""
        return self._media.track.bit_rate

    @property
    def found_bitrate(self) -> int | None:
        """The average bitrate, in bit/s, of what was read of the track."""
        return round(8 * self._bytes / self.decoded) if self.decoded else None

    @property
    def reading(self) -> Reading:
        """What reading showed up to now."""
        return Reading(
            promise=self._media.promise,
            reached=max(self._reached, self.decoded),
            decoded=self.decoded,
            packets=self._packets,
            damaged=self._damaged,
            reached_end=self._media.file.reached_end,
        )

    def completeness(self) -> Completeness:
        """Whether the file was cut off, as far as it tells."""
        return completeness(self._media.file.source, self._media.file.trail)

    @property
    def expected_seconds(self) -> float | None:
        """How long the sound will probably be."""
        return self._media.expected_seconds

    def progress(self, seconds: float | None) -> float:
        """How much of the first `seconds` was read, from 0 to 1; None: of the file."""
        if not seconds:
            return min(1.0, self._media.file.fraction)
        return min(1.0, max(self._reached, self.decoded) / seconds)

    def _demux(self) -> Iterator["Packet[Stream]"]:
        """All packets; after an error the demuxer goes on behind the damage, if it can."""
        self._media.file.reached_end = False
        for _ in range(_MAX_DEMUX_ERRORS):
            try:
                yield from self._media.container.demux(self._streams)
            except MemoryError:
                raise
            except (FFmpegError, IndexError):  # PyAV stumbles over tracks that appear on the way
                continue
            return

    def _with_data(self, packets: list["Packet[Stream]"]) -> list["Packet[Stream]"]:
        """Those of the track that are not empty."""
        index = self._media.track.index
        return [packet for packet in packets if packet.size and packet.stream_index == index]

    def _note(self, packets: Iterable["Packet[Stream]"]) -> None:
        for packet in packets:
            index = packet.stream_index
            if index in self._beside:
                if self.lyrics and packet.stream is self.lyrics.stream:
                    self.lyrics.note(packet)
                if not self._whole:
                    continue
            if (pts := packet.pts) is None:
                continue
            if index not in self._time_bases:  # a fraction is slow to make and to use
                self._time_bases[index] = float(packet.time_base or 0)
            end = (pts + (packet.duration or 0)) * self._time_bases[index]
            self._reached = max(self._reached, end)

    def _decode(self, packet: "Packet[Stream]") -> list[AudioFrame]:
        size = packet.size
        self._packets += bool(size)  # the last ones are empty: they flush the decoder
        self._bytes += size
        try:
            return self._media.track.decode(packet)
        except MemoryError:
            raise
        except FFmpegError:
            self._damaged += 1
            return []

    def _resample(self, frame: AudioFrame) -> Iterable[Samples]:
        kind = frame_kind(frame)
        if not (samples := frame.samples):
            return ()
        self.decoded += samples / frame.sample_rate
        if self._resampler and self._resampler.kind == kind:
            return self._resampler.convert(frame)
        return self._resample_anew(frame)

    def _resample_anew(self, frame: AudioFrame) -> Iterator[Samples]:
        """As `_resample`, for the first frame and where the kind of frames changes."""
        if self._resampler:
            yield from self._resampler.drain()
        else:
            self.source_sample_rate = frame.sample_rate
            self.source_channels = frame.layout.nb_channels
            sample_rate, channels = self._wanted
            self.sample_rate = sample_rate or mp3_sample_rate(frame.sample_rate)
            self.channels = channels or min(self.source_channels, _MAX_CHANNELS)
        self._resampler = Resampler(frame, self.sample_rate, self.channels)
        yield from self._resampler.convert(frame)


def _is_picture(stream: Stream) -> bool:
    """Whether it is one picture that belongs to the file; those of chapters are a kind of video."""
    kind = stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)
    return kind == Disposition.attached_pic
