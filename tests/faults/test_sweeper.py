"""The sweeper dies in the middle of a step, and two of them work at once."""

import pytest
from bson import ObjectId

from tests.faults.client import Burst
from tests.faults.clips import LONG_OPTIONS, Clips
from tests.faults.invariant import Promise
from tests.faults.recovery import Fault
from tests.faults.steps import PUBLISH, Step, after, before
from tests.faults.system import LEASE_SECONDS, System

STEPS = {
    "announcing": before(PUBLISH, "video"),
    "announced": after(PUBLISH, "video"),
    "deleting": after("delete", "mp3s.fs.files"),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_sweeper_is_killed(step: Step, system: System, fault: Fault, clips: Clips) -> None:
    """What a killed sweeper left undone its successor does."""
    sweeper, converter = system.service("sweeper"), system.service("converter")
    converter.suspend()
    system.interrupt(sweeper, step)
    _store_orphan(system)
    promises = [system.client.promised(clip) for clip in clips.short]
    with system.channel() as channel:
        channel.queue_purge("video")  # so that it is for the sweeper to announce them
    system.await_killed(sweeper)
    converter.resume()
    sweeper.start()
    fault.ends()
    fault.assert_survived(promises)


def test_two_sweepers(system: System, fault: Fault, clips: Clips) -> None:
    """Several sweepers at once do everything once, and leave uploads under way alone."""
    system.add_replica("sweeper")
    for _ in range(3):
        _store_orphan(system)
    with Burst(system.client, clips.short) as burst:
        with system.channel() as channel:
            channel.queue_purge("video")
        # Longer than a lease and than several walks through the store; the pauses are long, too.
        content = clips.long.content()
        fid = system.client.upload_slowly(content, 2.5 * LEASE_SECONDS, options=LONG_OPTIONS)
        fault.ends()
        promises = burst.end()
    fault.assert_survived([*promises, Promise(fid, clips.long.seconds)])
    assert {system.job(promise.fid)["attempts"] for promise in promises} == {1}


def _store_orphan(system: System) -> None:
    """Store an MP3 that no job names, as somebody leaves it who dies before deleting it."""
    mp3_fid = ObjectId()
    store = system.store["mp3s"]
    chunk = {"files_id": mp3_fid, "n": 0, "data": b"x"}
    store["fs.chunks"].insert_one(chunk)
    store["fs.files"].insert_one({"_id": mp3_fid, "length": 1, "chunkSize": 1 << 20})
