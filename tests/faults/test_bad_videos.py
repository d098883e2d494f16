"""Bad files among good ones."""

import itertools
import secrets

from tests.faults.clips import Clips
from tests.faults.invariant import Promise
from tests.faults.recovery import Fault
from tests.faults.system import System

ROUNDS = 5


def test_bad_videos_among_good_ones(system: System, fault: Fault, clips: Clips) -> None:
    """Every good video becomes an MP3; every bad one fails at once, for its own reason."""
    client = system.client
    good, bad = [], []
    for clip, _ in itertools.product(clips.short, range(ROUNDS)):
        good.append(client.promised(clip))
        for content, code in _bad_files(clips):
            bad.append(Promise(client.upload(content), code=code))
    fault.ends()
    fault.assert_survived(good + bad)
    assert {system.job(promise.fid)["attempts"] for promise in bad} == {1}
    shown = client.job(bad[0].fid)
    assert (shown["status"], shown["failure"]["code"]) == ("failed", bad[0].code)
    assert client.download(bad[0].fid).status_code == 409


def _bad_files(clips: Clips) -> list[tuple[bytes, str]]:
    whole = clips.short[-1].content()
    playlist = b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n"
    return [
        (secrets.token_bytes(50_000), "not_media"),
        (playlist + secrets.token_hex(16).encode(), "not_media"),
        (whole[: len(whole) // 2], "truncated"),
        (clips.silent.content(), "no_audio"),
    ]
