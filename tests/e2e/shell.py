"""Commands of a user's shell."""

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devstack.stack import LOGIN_EMAIL, Stack

KEPT = ("TOKEN", "GATEWAY", "AUTH", "JSON", "FID")
README = Path(__file__).parents[2] / "README.md"


def readme_journey() -> list[str]:
    """The commands of README's journey, as they are printed there."""
    return _commands(0)


def readme_raw_upload() -> str:
    """README's command that sends a file as it is."""
    [command] = _commands(1)
    return command


def readme_links() -> list[str]:
    """README's commands for links."""
    return _commands(0, "## By link")


def _commands(block: int, section: str = "## The journey") -> list[str]:
    text = README.read_text().partition(f"{section}\n")[2]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for line in blocks[block].splitlines() if line and not line.startswith("#")]


@dataclass
class Shell:
    """A shell of a user of `stack`, in `folder`.

    The variables of KEPT stay from one command to the next.
    """

    stack: Stack
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> str:
        """What `command` prints; fails with what it said when it ends with an error."""
        values = " ".join(f'"${name}"' for name in KEPT)
        script = f"set -e\n{command}\nprintf '%s\\0' {values} > variables"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "no_proxy": "127.0.0.1",
                **dict.fromkeys(KEPT, ""),
                **self.variables,
            },
            capture_output=True,
            encoding="utf-8",
            errors="replace",  # an MP3 may come where text was expected
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        kept = (self.folder / "variables").read_text().split("\0")
        self.variables |= {name: value.strip() for name, value in zip(KEPT, kept, strict=False)}
        return done.stdout

    def log_in(self, email: str = LOGIN_EMAIL, password: str | None = None) -> None:
        """Put a token into TOKEN."""
        password = password or self.stack.login_password
        self.run(f"TOKEN=$(curl -sS -X POST {self.stack.gateway_url}/login -u {email}:{password})")
        assert self.variables["TOKEN"].count(".") == 2

    def curl(self, path: str, options: str = "") -> tuple[int, str]:
        """Status and body of an authorised request."""
        answer = self.run(
            f"curl -sS -w '\\n%{{http_code}}' -H \"Authorization: Bearer $TOKEN\" {options} "
            f"'{self.stack.gateway_url}{path}'"
        )
        body, _, status = answer.rpartition("\n")
        return int(status), body

    def json(self, path: str, options: str = "") -> Any:
        """The JSON that an authorised request is answered with."""
        return json.loads(self.curl(path, options)[1])

    def upload(self, name: str, fields: str = "") -> str:
        """The fid of an accepted upload."""
        status, body = self.curl("/upload", f"-X POST -F 'file=@./{name}' {fields}")
        assert status == 202, body
        return str(json.loads(body)["fid"])
