"""POST /validate and the published keys."""

from datetime import UTC, datetime

import jwt
import pytest

from tests.integration.auth.replicas import ADMIN, Replica, basic, refusal

ANN = "ann@example.com"


def test_a_token_is_validated(replica: Replica) -> None:
    """A token that was just given is valid and its claims come back as JSON."""
    account = replica.add(ANN)
    response = replica.client.post("/validate", headers=replica.token(ANN))
    assert (response.status_code, response.mimetype) == (200, "application/json")
    claims = response.get_json()
    assert (claims["sub"], claims["username"], claims["admin"]) == (account.id, ANN, False)
    assert claims["exp"] - claims["iat"] == 86_400


def test_a_token_ends(replica: Replica) -> None:
    """A day later the token is refused."""
    replica.add(ANN)
    token = replica.token(ANN)
    replica.clock.advance(days=1)
    response = replica.client.post("/validate", headers=token)
    assert refusal(response) == (401, "invalid_token")
    assert "expired" in response.get_json(force=True)["detail"]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": ""}, basic(ANN, "password"), {"Authorization": "Token x"}]
)
def test_without_a_token_one_is_asked_for(replica: Replica, headers: dict[str, str]) -> None:
    """A request without a token is told which kind to send (RFC 6750)."""
    response = replica.client.post("/validate", headers=headers)
    assert refusal(response) == (401, "token_required")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="auth"'


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _token: "Bearer",
        lambda _token: "Bearer ",
        lambda _token: "Bearer x",
        lambda _token: "Bearer a=b",
        lambda token: f"Bearer {token}=",
        lambda token: f"Bearer {token}x",
        lambda token: f"Bearer {token} {token}",
        lambda token: f"Bearer {token}, Bearer {token}",
        lambda token: f"Bearer {token.rpartition('.')[0]}.",
    ],
)
def test_a_bad_token_is_refused(replica: Replica, spoil: object) -> None:
    """A header that holds something else than one good token is a 401 that says so."""
    replica.add(ANN)
    token = replica.token(ANN)["Authorization"].removeprefix("Bearer ")
    assert callable(spoil)
    response = replica.client.post("/validate", headers={"Authorization": spoil(token)})
    assert refusal(response) == (401, "invalid_token")
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


def test_the_published_keys_check_our_tokens(replica: Replica) -> None:
    """Whoever fetches the key set can check a token without asking auth, and cannot make one."""
    replica.clock.now = datetime.now(UTC)
    replica.add(ADMIN, admin=True)
    token = replica.token(ADMIN)["Authorization"].removeprefix("Bearer ")
    response = replica.client.get("/.well-known/jwks.json")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "public, max-age=300"
    document = response.get_json(force=True)
    assert all("d" not in key for key in document["keys"])
    key = jwt.PyJWKSet.from_dict(document)[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["EdDSA"], audience="video-to-mp3", issuer="auth")
    assert claims["admin"] is True
