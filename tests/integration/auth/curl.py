"""Speaking to a real auth process as a user does."""

import subprocess

from devstack.services import Service

EMAIL = "admin@example.com"
PASSWORD = "correct horse battery"


def curl(*arguments: str) -> str:
    """What curl prints; fails as curl does."""
    command = ["curl", "-sS", "--max-time", "60", *arguments]
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout.decode()


def status(*arguments: str) -> int:
    return int(curl("-o", "/dev/null", "-w", "%{http_code}", *arguments))


def log_in(service: Service) -> str:
    return curl("-X", "POST", f"{service.url}/login", "-u", f"{EMAIL}:{PASSWORD}")
