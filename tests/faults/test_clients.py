"""Clients that stall or go away."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from tests.faults.client import NotAccepted
from tests.faults.clips import Clips
from tests.faults.recovery import Fault
from tests.faults.system import System
from tests.waiting import wait_for

STALLED = 200


def test_clients_stall(system: System, fault: Fault, clips: Clips) -> None:
    """Clients that send a part of a request and then nothing do not hold up others."""
    address = urlsplit(system.service("gateway").url)
    with ExitStack() as stalled:
        for number in range(STALLED):
            connection = socket.create_connection((address.hostname, address.port), timeout=10)
            stalled.enter_context(connection)
            begun = b"POST /upload HTTP/1.1\r\nHost: x\r\n"
            connection.sendall(begun if number % 2 else begun + b"Content-Length: 9\r\n\r\n")
        promises = [system.client.promised(clip) for clip in clips.short]
        fault.ends()
        fault.assert_survived(promises)


def test_a_client_goes_away(system: System, fault: Fault, clips: Clips) -> None:
    """Of an upload that its client breaks off nothing is left but a failed job."""
    content = clips.long.content()

    def leave(sent: int) -> None:
        if sent > len(content) / 2:
            wait_for(lambda: _chunks(system) > 0, what="a stored chunk")
            raise NotAccepted("the client goes away")

    with pytest.raises(NotAccepted, match="goes away"):
        system.client.upload_slowly(content, 0.5, on_sent=leave)
    fault.ends()
    wait_for(lambda: system.jobs.find_one({"state": "failed"}) is not None, what="the failure")
    fault.assert_survived([])


def _chunks(system: System) -> int:
    return system.store["videos"]["fs.chunks"].count_documents({})
