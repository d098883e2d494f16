"""A stand-in for auth where a test needs only its keys: publishes some, and signs with them."""

import base64
import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER = "auth"
AUDIENCE = "video-to-mp3"


def jwk(kid: str, key: Ed25519PrivateKey) -> dict[str, str]:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x}


def claims_of(username: str, **changes: Any) -> dict[str, Any]:
    now = int(time())
    claims = {
        "sub": "1",
        "username": username,
        "admin": False,
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + 3600,
        "jti": "j",
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


class KeyServer:
    """Serves /.well-known/jwks.json; `fetches` counts how often, `down` makes it answer 503."""

    def __init__(self) -> None:
        self.keys = {"first": Ed25519PrivateKey.generate()}
        self.published = ["first"]
        self.fetches = 0
        self.down = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.fetches += 1
                body = json.dumps(outer.document()).encode()
                self.send_response(503 if outer.down else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def document(self) -> dict[str, Any]:
        return {"keys": [jwk(kid, self.keys[kid]) for kid in self.published]}

    def add_key(self, kid: str, *, publish: bool = True) -> None:
        self.keys[kid] = Ed25519PrivateKey.generate()
        if publish:
            self.published.append(kid)

    def token(
        self,
        username: str,
        *,
        kid: str = "first",
        headers: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        return jwt.encode(
            claims_of(username, **changes),
            self.keys[kid],
            algorithm="EdDSA",
            headers={"kid": kid, **(headers or {})},
        )

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
