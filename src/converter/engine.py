"""A whole conversion: bytes of a video in, bytes of an MP3 out, in one pass, nothing held whole."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from chassis.jobs import ResultPart
from chassis.sources import Loudness
from converter.arriving import open_arriving, require_same
from converter.chapter_parts import PlannedPart, first_parts, plan_parts, within
from converter.chapters import Chapter, choose_chapters
from converter.conversion import Conversion, Mp3Facts
from converter.cover import is_from_video
from converter.cutting import Span
from converter.decode import TrackReader
from converter.encode import write_mp3
from converter.id3 import Id3
from converter.labels import Labels, read_labels
from converter.levelled_sound import LevelledSound
from converter.loudness import LoudnessMeter
from converter.lyrics import find_lyrics
from converter.media import open_media
from converter.mp3_copy import Copyable, copy_mp3, look
from converter.mp3_writer import Output
from converter.normalize import Level, Pass, TooLoud
from converter.ports import SourceReader
from converter.receipt import COPIED, mp3_facts, notes, source_facts
from converter.request import Request
from converter.splitting import labels_of_part, without_lyrics, write_parts
from converter.tags import title_from_name
from converter.wanted_sound import WantedSound, refusal_of, wanted_sound

_MEASURING: Final = 0.15  # of the progress


def convert(source: SourceReader, output: Output, request: Request) -> Conversion:
    """Write the MP3 of the sound in `source` to `output`, or the ZIP of its chapters' MP3s.

    Raises Permanent (not_media, no_audio, truncated, corrupt, too_long), or StartOver for a file
    that arrived meanwhile; what was written before is worth nothing then.
    """
    target = request.options.normalize
    if target is None:
        return _convert(source, output, request)
    request = replace(request, arriving=False)  # it is measured once it is whole
    level = Level.for_target(_measure(source, Pass(output, 0.0, _MEASURING), request), target)
    encoding_pass = Pass(output, _MEASURING, 1.0)
    while True:
        try:
            return _convert(source, encoding_pass, request, level)
        except TooLoud as found:
            output.start_over()
            level = level.lowered(found.excess)


def _convert(
    source: SourceReader, output: Output, request: Request, level: Level | None = None
) -> Conversion:
    options = request.options
    # Chapters and frames of the video may stand anywhere in a file: it is read once it is whole.
    follow = request.arriving and not (is_from_video(options) or options.split_chapters)
    open_source = open_arriving if follow else open_media
    media = open_source(source, options.audio_track)
    request.check_length(media.promise.seconds or 0.0)
    lyrics = find_lyrics(media, Span.of(options))
    reader = TrackReader(media, options.sample_rate, options.channels, lyrics)
    labels = read_labels(media, reader, request)
    id3 = Id3(labels, lyrics)
    is_as_it_is = Span.of(options).is_all and level is None and not options.split_chapters
    copyable = look(reader, media.codec_name, options) if is_as_it_is else None
    loudness: Loudness | None = None
    parts: tuple[ResultPart, ...] = ()
    of_parts: tuple[str, ...] = ()
    if copyable:
        mp3 = _copy(reader, copyable, id3, output, request)
    elif options.split_chapters:
        sound = wanted_sound(reader, request)
        planned, of_parts = first_parts(
            _planned(choose_chapters(media, request.site, Span()), sound, labels, request)
        )
        mp3, loudness, parts = _split(sound, planned, labels, output, request, level)
    else:
        mp3, loudness = _encode(wanted_sound(reader, request), id3, output, request, level)
    require_same(media, labels, request)
    facts = source_facts(media, reader, labels.tags.title, loudness)
    of_lyrics = without_lyrics(lyrics) if options.split_chapters else id3.notes
    told = notes(facts, mp3, reader, options) + labels.notes + of_parts + of_lyrics
    return Conversion(source=facts, mp3=mp3, notes=told, parts=parts)


def _measure(source: SourceReader, output: Output, request: Request) -> Loudness:
    """The loudness of what is to be encoded."""
    options = request.options
    media = open_media(source, options.audio_track)
    request.check_length(media.promise.seconds or 0.0)
    sound = wanted_sound(TrackReader(media, options.sample_rate, options.channels), request)
    meter = LoudnessMeter(sound.encoding.sample_rate, sound.encoding.channels)
    for block in sound.blocks:
        meter.feed(block)
        output.progress(sound.read())
    return meter.finish()


def _copy(
    reader: TrackReader, copyable: Copyable, id3: Id3, output: Output, request: Request
) -> Mp3Facts:
    header = copyable.header
    reader.note_source(header.sample_rate, header.channels)
    written = copy_mp3(reader, copyable, id3, output, lambda: request.check_length(reader.decoded))
    if refusal := refusal_of(reader, request.options):
        raise refusal
    return mp3_facts(written, header.sample_rate, header.channels, COPIED)


def _encode(
    sound: WantedSound, id3: Id3, output: Output, request: Request, level: Level | None
) -> tuple[Mp3Facts, Loudness]:
    """Gives the loudness of the sound before its gain, too; so does `_split`."""
    levelled = LevelledSound(sound, level)
    written = write_mp3(
        levelled.blocks,
        sound.encoding,
        id3,
        output,
        threads=request.threads,
        seconds=sound.seconds,
        read=sound.read,
        check=levelled.new_check(),
    )
    return levelled.facts(written, request.options)


def _split(
    sound: WantedSound,
    planned: Sequence[PlannedPart],
    labels: Labels,
    output: Output,
    request: Request,
    level: Level | None,
) -> tuple[Mp3Facts, Loudness, tuple[ResultPart, ...]]:
    levelled = LevelledSound(sound, level)
    written = write_parts(
        levelled.blocks,
        sound.encoding,
        planned,
        partial(labels_of_part, labels, request.options, count=len(planned)),
        output,
        threads=request.threads,
        seconds=sound.seconds,
        read=sound.read,
        new_check=levelled.new_check,
    )
    mp3, loudness = levelled.facts(written.whole, request.options)
    return mp3, loudness, written.parts


def _planned(
    chapters: Sequence[Chapter], sound: WantedSound, labels: Labels, request: Request
) -> list[PlannedPart]:
    inside = within(chapters, Span.of(request.options))
    title = labels.tags.title or title_from_name(request.name)
    return plan_parts(inside, sound.encoding.sample_rate, sound.seconds, title)
