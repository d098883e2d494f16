"""auth's settings."""

import pytest

from auth import keys
from auth.settings import AuthSettings
from chassis.settings import BadSettings, read_settings

GOOD = {
    "MYSQL_URL": "mysql://auth:s3cret@127.0.0.1:3306/auth",
    "SIGNING_KEYS": keys.generate(),
    "ADMIN_EMAIL": "Admin@Example.com",
    "ADMIN_PASSWORD": "correct horse",
}


def problems(**changes: str) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        read_settings(AuthSettings, GOOD | changes)
    return caught.value.problems


def test_good_settings_are_read() -> None:
    """Settings that are right are read, and the rest has defaults."""
    settings = read_settings(AuthSettings, GOOD)
    assert settings.admin_email == "admin@example.com"
    assert settings.token_lifetime.total_seconds() == 86_400
    assert (settings.token_issuer, settings.token_audience) == ("auth", "video-to-mp3")


@pytest.mark.parametrize("environ", [{}, {"ADMIN_EMAIL": "", "ADMIN_PASSWORD": ""}])
def test_no_admin_need_be_named(environ: dict[str, str]) -> None:
    """Without a first admin, or with an empty one, none is added."""
    needed = {name: GOOD[name] for name in ("MYSQL_URL", "SIGNING_KEYS")}
    settings = read_settings(AuthSettings, needed | environ)
    assert (settings.admin_email, settings.admin_password) == (None, None)


def test_everything_wrong_is_named_at_once() -> None:
    """One start names every bad variable, and shows none of their values."""
    found = problems(
        MYSQL_URL="postgresql://auth:s3cret@db/auth",
        SIGNING_KEYS="s3cret",
        ADMIN_PASSWORD="s3cret",
        PORT="0",
        THREADS="many",
        TOKEN_LIFETIME_SECONDS="86401",
    )
    assert sorted(line.split(":")[0] for line in found) == [
        "ADMIN_PASSWORD",
        "MYSQL_URL",
        "PORT",
        "SIGNING_KEYS",
        "THREADS",
        "TOKEN_LIFETIME_SECONDS",
    ]
    assert "s3cret" not in "".join(found)


@pytest.mark.parametrize(
    "url", ["", "mysql", "mysql://host", "mysql:///auth", "sqlite:///x", "mysql://a:b@h:port/db"]
)
def test_a_database_must_be_named_whole(url: str) -> None:
    """An address that names no database of MySQL is refused at start."""
    (problem,) = problems(MYSQL_URL=url)
    assert problem.startswith("MYSQL_URL: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ADMIN_EMAIL", "admin@example.com,eve@example.com"),
        ("ADMIN_PASSWORD", ""),
        ("ADMIN_PASSWORD", "short"),
    ],
)
def test_the_first_admin_must_be_one_that_could_be_added(name: str, value: str) -> None:
    """A first admin who could not be added stops the start, not the work later."""
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name}: ")


def test_an_address_without_a_password_is_refused() -> None:
    """A first admin without a password is a mistake."""
    environ = {name: value for name, value in GOOD.items() if name != "ADMIN_PASSWORD"}
    with pytest.raises(BadSettings, match=r"ADMIN_PASSWORD: .*give both"):
        read_settings(AuthSettings, environ)


def test_secrets_are_not_shown() -> None:
    """Printing the settings shows no secret."""
    shown = repr(read_settings(AuthSettings, GOOD))
    assert "s3cret" not in shown
    assert "correct horse" not in shown
    assert '"d"' not in shown
