"""MongoDB dies, hangs, or breaks its connections."""

import signal
import time
from functools import partial

from tests.faults.client import Burst
from tests.faults.clips import LONG_OPTIONS, Clips
from tests.faults.recovery import Fault
from tests.faults.steps import after
from tests.faults.system import System
from tests.waiting import wait_for

MORE = 6  # uploads that have to be accepted before and after the fault
HANG_SECONDS = 6.0  # longer than a lease
BREAKS = 10


def test_mongodb_is_killed_under_uploads(system: System, fault: Fault, clips: Clips) -> None:
    """Uploads outlast a quick restart or are sent again; what was accepted is not lost."""
    with Burst(system.client, [*clips.short, clips.long], users=4) as burst:
        under_way = {"state": "receiving"}
        for is_quick in (True, False):
            burst.wait_for_accepted(MORE)
            wait_for(lambda: system.jobs.find_one(under_way) is not None, what="an upload")
            before = len(burst.refusals)
            system.stack.mongodb.kill()
            if not is_quick:
                wait_for(partial(_has_more, burst.refusals, before), what="a refusal")
            system.stack.mongodb.start()
        fault.ends()
        burst.wait_for_accepted(MORE)
        promises = burst.end()
    fault.assert_survived(promises)


def _has_more(refusals: list[str], count: int) -> bool:
    return len(refusals) > count


def test_mongodb_is_killed_under_a_conversion(system: System, fault: Fault, clips: Clips) -> None:
    """An MP3 of which MongoDB may have lost a part never becomes visible."""
    converter = system.service("converter")
    system.interrupt(converter, after("insert", "mp3s.fs.chunks"), signal.SIGSTOP)
    promises = [system.client.promised(clips.long, LONG_OPTIONS)]
    system.await_stopped(converter)
    system.stack.mongodb.kill()
    system.stack.mongodb.start()
    converter.resume()
    fault.ends()
    promises += [system.client.promised(clip) for clip in clips.short]
    fault.assert_survived(promises)


def test_mongodb_hangs(system: System, fault: Fault, clips: Clips) -> None:
    """Everything waits while MongoDB hangs, and goes on when it does not."""
    with Burst(system.client, clips.short) as burst:
        burst.wait_for_accepted(MORE)
        system.stack.mongodb.suspend()
        time.sleep(HANG_SECONDS)
        system.stack.mongodb.resume()
        fault.ends()
        burst.wait_for_accepted(MORE)
        promises = burst.end()
    fault.assert_survived(promises)


def test_connections_to_mongodb_break(system: System, fault: Fault, clips: Clips) -> None:
    """Connections that break before a command is carried out cost time, and nothing else."""
    with Burst(system.client, clips.short) as burst:
        for command in ("update", "insert", "find", "delete"):
            _break_connections(system, command)
        fault.ends()
        burst.wait_for_accepted(MORE)
        promises = burst.end()
    fault.assert_survived(promises)


def _break_connections(system: System, command: str) -> None:
    """Close the connections over which such commands come next, without an answer.

    Returns when that has happened at least BREAKS times: the server counts from its start on, and
    two connections at once can both be the last.
    Source: https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point
    """
    wanted = _broken(system) + BREAKS
    breaking = {"failCommands": [command], "closeConnection": True}
    system.store.admin.command(
        {"configureFailPoint": "failCommand", "mode": {"times": BREAKS}, "data": breaking}
    )
    what = f"{BREAKS} connections broken at {command}"
    wait_for(lambda: _broken(system) >= wanted, 240, what=what)


def _broken(system: System) -> int:
    name = "failpoint.failCommand"
    found = system.store.admin.command({"getParameter": 1, name: 1})
    return int(found[name]["timesEntered"])
