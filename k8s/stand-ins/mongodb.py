#!/usr/bin/env python3
"""Makes the accounts of mongodb.json in a new database, as MongoDB's image does; then serves."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pymongo

DATA = Path("/data/db")
MADE = DATA / "accounts-made"
SECRETS = Path("/run/secrets/mongodb")
ROLES = Path("/docker-entrypoint-initdb.d/mongodb.json")
PORT = 27018


def make_accounts() -> None:
    """Every role with an account of the same name, and the administrator."""
    alone = ["--bind_ip", "127.0.0.1", "--port", str(PORT), "--nounixsocket"]
    server = subprocess.Popen(["mongod", "--dbpath", DATA, *alone])
    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient("127.0.0.1", PORT)
    name = os.environ["MONGO_INITDB_ROOT_USERNAME"]
    password = Path(os.environ["MONGO_INITDB_ROOT_PASSWORD_FILE"]).read_text().strip()
    client.admin.command("createUser", name, pwd=password, roles=["root"])
    for role in json.loads(ROLES.read_text()):
        name, password = role["role"], (SECRETS / role["role"]).read_text().strip()
        client.admin.command("createRole", name, privileges=role["privileges"], roles=[])
        client.admin.command("createUser", name, pwd=password, roles=[name])
    MADE.touch()
    client.close()
    server.terminate()
    server.wait()


if __name__ == "__main__":
    if not MADE.exists():
        make_accounts()
    command = ["mongod", "--dbpath", str(DATA), "--bind_ip_all", "--auth", "--nounixsocket"]
    os.execvp("mongod", [*command, *sys.argv[1:]])  # the signals are for it
