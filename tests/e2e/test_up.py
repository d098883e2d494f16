"""`scripts/up` as a user meets it: starts, says where things are, stops, and is found again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import requests

from devstack.daemon import bare_environment
from devstack.ports import free_port
from devstack.process import Process
from devstack.stack import PORTS

CHECKOUT = Path(__file__).parents[2]
NAMES = {
    "GATEWAY_URL",
    "AUTH_URL",
    "LOGIN_EMAIL",
    "LOGIN_PASSWORD",
    "MAIL_DIR",
    "MAIL_URL",
    "MONGODB_URL",
    "AMQP_URL",
    "MYSQL_URL",
}


@dataclass(frozen=True)
class Up:
    """`python -m devstack.up` on a folder of its own; what scripts/up does after installing."""

    process: Process
    folder: Path

    def start(self) -> None:
        """Start, and wait until it says that everything runs."""
        self.process.start()
        self.process.wait_for_line("Ctrl-C stops everything", 120)

    def family(self) -> list[psutil.Process]:
        """Every process that it has started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def sourced(self) -> dict[str, str]:
        """What a shell that sources the file passes on to the programs that it starts."""
        command = ["sh", "-c", f". '{self.folder}/env'; env"]
        printed = subprocess.run(
            command, env={"PATH": os.defpath}, check=True, capture_output=True, text=True
        ).stdout
        pairs = dict(line.split("=", 1) for line in printed.splitlines())
        return {name: value for name, value in pairs.items() if name in NAMES}


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    folder = tmp_path / "local"
    process = Process(
        "up",
        [sys.executable, "-m", "devstack.up", "--folder", str(folder)],
        log=tmp_path / "log",
        environment=bare_environment() | {port.variable: str(free_port()) for port in PORTS},
        folder=CHECKOUT,
    )
    yield Up(process, folder)
    process.stop(60)


def gone(family: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(family, timeout=10)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def login(values: dict[str, str]) -> requests.Response:
    return requests.post(
        f"{values['GATEWAY_URL']}/login",
        auth=(values["LOGIN_EMAIL"], values["LOGIN_PASSWORD"]),
        timeout=30,
    )


def test_it_stops_whole_and_is_found_again(up: Up) -> None:
    """Ctrl-C ends every process, with exit code 0; the next start finds the accounts again."""
    up.start()
    values = up.sourced()
    assert values.keys() == NAMES
    assert (up.folder / "env").stat().st_mode & 0o777 == 0o600
    token = login(values).text
    assert token.count(".") == 2
    family = up.family()
    assert len(family) >= 10  # four servers, epmd, five services
    os.kill(up.process.pid, signal.SIGINT)
    assert up.process.wait(90) == 0
    assert gone(family)

    up.process.kill()
    up.start()
    assert up.sourced() == values
    assert login(values).status_code == 200
    jobs = requests.get(
        f"{values['GATEWAY_URL']}/jobs", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    assert jobs.status_code == 200


def test_nothing_is_left_when_it_is_killed(up: Up) -> None:
    """SIGKILL of scripts/up leaves no process behind, and the next start works."""
    up.start()
    family = up.family()
    os.kill(up.process.pid, signal.SIGKILL)
    assert gone(family)
    up.process.kill()
    up.start()
    assert login(up.sourced()).status_code == 200


def test_a_service_that_dies_is_started_again(up: Up) -> None:
    """A part that ends by itself is reported with the end of its log, and started again."""
    up.start()
    children = psutil.Process(up.process.pid).children()
    [gateway] = [child for child in children if child.cmdline()[1:] == ["-m", "gateway"]]
    gateway.kill()
    up.process.wait_for_line(r"gateway ended by itself(.|\n)*starting gateway again", 30)
    deadline = time.monotonic() + 60
    while True:
        try:
            assert login(up.sourced()).status_code == 200
            break
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_second_one_on_the_same_data_is_refused(up: Up) -> None:
    """Two of them never share one folder of data."""
    up.start()
    done = subprocess.run(
        up.process.command, cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"up: it runs already on {up.folder}")


def test_the_demo_takes_the_whole_journey(up: Up) -> None:
    """--demo ends 0, and its last line names an MP3 that is there."""
    demo = Process(
        "demo",
        [*up.process.command, "--demo"],
        log=up.folder.parent / "demo.log",
        environment=up.process.environment,
        folder=CHECKOUT,
    )
    demo.start()
    assert demo.wait(240) == 0, demo.output()
    ok, fid, mp3 = demo.output().splitlines()[-1].rsplit(" ", 2)
    assert ok == "demo: ok"
    assert fid.startswith("fid=")
    assert Path(mp3.removeprefix("mp3=")).read_bytes()[:3] == b"ID3"
