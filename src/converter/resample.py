"""Sound as MP3 takes it: planar floats, one or two channels, a sample rate that MP3 knows."""

from typing import Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.error import ArgumentError
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as EndOfStream
from av.filter import Graph
from av.filter.context import FilterContext
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""An array of (channels, n), full scale at 1.0."""

_LAYOUTS: Final = {1: "mono", 2: "stereo"}
_MAX_STANDARD_CHANNELS: Final = 8
_BLOCK_SAMPLES: Final = 64 * 1152  # with 8 x 1152 a whole conversion takes 7 % more time

# The filter "pan" for channels that the library cannot mix by their names. The mix of a production
# recorder is on its first two; two cardioids, left and right, are made of an ambisonic W and Y.
_FIRST_CHANNELS: Final = {1: "mono|c0=c0", 2: "stereo|c0=c0|c1=c1"}
_AMBISONIC: Final = {1: "mono|c0=c0", 2: "stereo|c0=0.5*c0+0.5*c1|c1=0.5*c0-0.5*c1"}

# PyAV 17.1 to 18.1 frees a frame's map of channels twice, once with the frame and once with the
# frame's layout (its pull request 2284), unless the layout outlives the process. Only layouts of
# channels in an order of their own have such a map.
_UNDYING_LAYOUTS: Final[list[AudioLayout]] = []


class Resampler:
    """Converts frames of one kind, that of `template`, to `sample_rate` and `channels`."""

    def __init__(self, template: AudioFrame, sample_rate: int, channels: int) -> None:
        self.kind = frame_kind(template)
        self._waiting = 0
        self._block_samples = _BLOCK_SAMPLES * template.sample_rate // sample_rate
        self._output = {
            "sample_fmts": "fltp",
            "sample_rates": str(sample_rate),
            "channel_layouts": _LAYOUTS[channels],
        }
        layout = template.layout.name
        unnamed = layout.endswith(" channels")
        if layout.startswith("ambisonic"):
            self._connect(template, _AMBISONIC[channels])
        elif unnamed and template.layout.nb_channels > _MAX_STANDARD_CHANNELS:
            self._connect(template, _FIRST_CHANNELS[channels])
        else:
            try:
                self._connect(template, None)
            except ArgumentError:  # no matrix for such channels
                self._connect(template, _FIRST_CHANNELS[channels])

    def _connect(self, template: AudioFrame, mix: str | None) -> None:
        graph = Graph()
        graph.threads = 1  # the default starts a thread for each core
        source = graph.add(
            "abuffer",
            sample_rate=str(template.sample_rate),
            sample_fmt=template.format.name,
            channel_layout=template.layout.name,
            time_base=f"1/{template.sample_rate}",
        )
        mixers = [graph.add("pan", mix)] if mix else []
        sink = graph.add("abuffersink")
        graph.link_nodes(source, *mixers, graph.add("aformat", **self._output), sink)
        graph.configure()
        graph.set_audio_frame_size(_BLOCK_SAMPLES)
        self._graph, self._source, self._sink = graph, source, sink

    def convert(self, frame: AudioFrame) -> list[Samples]:
        """The samples that are ready after `frame`, which has to be of the template's kind."""
        frame.pts = None  # the sound is continuous, whatever damaged time stamps say
        self._source.push(frame)
        self._waiting += frame.samples
        if self._waiting < self._block_samples:  # to be told so by the library takes time
            return []
        self._waiting = 0
        return _ready(self._sink)

    def drain(self) -> list[Samples]:
        """The last samples; nothing may be converted after it."""
        self._source.push(None)
        return _ready(self._sink)


def frame_kind(frame: AudioFrame) -> tuple[int, str, str]:
    """What a resampler depends on; it can change in the middle of a broadcast.

    Has to be asked of every frame that is decoded (see _UNDYING_LAYOUTS).
    """
    layout = frame.layout
    name = layout.name
    if " channels (" in name:
        _UNDYING_LAYOUTS.append(layout)
    return frame.sample_rate, frame.format.name, name


def _ready(sink: FilterContext) -> list[Samples]:
    ready: list[Samples] = []
    while True:
        try:
            frame = sink.pull()
        except (NothingYet, EndOfStream):
            return ready
        assert isinstance(frame, AudioFrame)
        ready.append(frame.to_ndarray().astype(np.float32, copy=False))
