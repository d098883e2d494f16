"""auth of the older design: one secret for all, and a check of tokens by HTTP.

Run as `python -m benchmarks.older.auth PORT SECRET`, under Flask's own server, as it ran.
"""

import sys
from datetime import UTC, datetime, timedelta

import jwt
from flask import Flask, request
from flask.typing import ResponseReturnValue

ALGORITHM = "HS256"


def create_app(secret: str) -> Flask:
    """The application; `secret` signs and checks tokens."""
    app = Flask(__name__)

    @app.post("/validate")
    def validate() -> ResponseReturnValue:
        encoded = request.headers.get("Authorization", "")
        if not encoded:
            return "missing credentials", 401
        try:
            claims = jwt.decode(encoded.split(" ")[1], secret, algorithms=[ALGORITHM])
        except (jwt.InvalidTokenError, IndexError):
            return "not authorized", 403
        return dict(claims), 200

    return app


def create_token(username: str, secret: str) -> str:
    """A token as its login made them, valid for a day."""
    now = datetime.now(UTC)
    claims = {"username": username, "exp": now + timedelta(days=1), "iat": now, "admin": True}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


if __name__ == "__main__":
    create_app(*sys.argv[2:]).run(port=int(sys.argv[1]))
