"""A network of the benchmarks' own: its loopback, and TCP as Linux has it by default.

The congestion control of a machine is made for its way to the internet. BBR, for one, sends by
timers, which on loopback take processor time from the servers that are measured.
"""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path
from typing import Final

CONGESTION_CONTROL: Final = Path("/proc/sys/net/ipv4/tcp_congestion_control")
DEFAULT: Final = "cubic"  # https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html

_CLONE_NEWNET: Final = 0x4000_0000  # unshare(2)
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1  # netdevice(7)
_INTERFACE: Final = struct.Struct("16sH22x")  # struct ifreq: name and flags


def enter() -> bool:
    """Have this process and those it starts use a network of their own; whether it may.

    It takes root, or CAP_SYS_ADMIN. Call it before there are threads: they would stay outside.
    """
    if ctypes.CDLL(None).unshare(_CLONE_NEWNET) != 0:
        return False
    _bring_up("lo")
    CONGESTION_CONTROL.write_text(DEFAULT, encoding="ascii")
    return True


def congestion_control() -> str:
    """That of new connections."""
    return CONGESTION_CONTROL.read_text(encoding="ascii").strip()


def _bring_up(name: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = _INTERFACE.pack(os.fsencode(name), 0)
        _, flags = _INTERFACE.unpack(fcntl.ioctl(any_socket, _SIOCGIFFLAGS, asked))
        wanted = _INTERFACE.pack(os.fsencode(name), flags | _IFF_UP)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, wanted)
