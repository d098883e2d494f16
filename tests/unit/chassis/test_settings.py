"""Settings are read whole, and all that is wrong is said at once."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from chassis.settings import BadSettings, Settings, StoreSettings, load_settings, read_settings


class Sample(Settings):
    port: int = Field(8080, ge=1, description="A port.")
    password: SecretStr = Field(description="A password.")
    address: str = Field(min_length=3, description="An address.")


GOOD = {"PASSWORD": "s3cret-value", "ADDRESS": "here"}


def test_every_bad_variable_is_named_at_once() -> None:
    """A missing one, one of the wrong kind and one out of range, in one go."""
    with pytest.raises(BadSettings) as raised:
        read_settings(Sample, {"PORT": "0", "ADDRESS": "x"})
    named = sorted(problem.partition(":")[0] for problem in raised.value.problems)
    assert named == ["ADDRESS", "PASSWORD", "PORT"]


def test_a_bad_environment_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """The process says which variables are wrong, without their values, and exits with 2."""
    with pytest.raises(SystemExit) as ended:
        load_settings(Sample, {"PORT": "hush-hush", "PASSWORD": "s3cret-value"})
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "PORT: " in said
    assert "ADDRESS: " in said
    assert "hush-hush" not in said
    assert "s3cret-value" not in said


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    """X_FILE names a file with the value of X; the line break at its end does not count."""
    (tmp_path / "password").write_text("from a file\n")
    settings = read_settings(
        Sample, {"PASSWORD_FILE": str(tmp_path / "password"), "ADDRESS": "here"}
    )
    assert settings.password.get_secret_value() == "from a file"


def test_a_value_and_its_file_contradict_each_other(tmp_path: Path) -> None:
    """X and X_FILE together are an error, and so is a file that is not there."""
    with pytest.raises(BadSettings, match="give either PASSWORD or PASSWORD_FILE"):
        read_settings(Sample, GOOD | {"PASSWORD_FILE": str(tmp_path / "password")})
    with pytest.raises(BadSettings) as raised:
        read_settings(Sample, {"ADDRESS": "here", "PASSWORD_FILE": str(tmp_path / "nowhere")})
    [problem] = raised.value.problems
    assert problem.startswith("PASSWORD_FILE: ")


def test_secrets_do_not_show() -> None:
    """Neither repr nor str of the settings has a secret in it."""
    settings = read_settings(Sample, GOOD)
    assert "s3cret-value" not in f"{settings!r} {settings}"


def test_settings_do_not_change() -> None:
    """What was read once stays."""
    settings = read_settings(Sample, GOOD)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_the_policy_comes_from_the_settings() -> None:
    """Retry delays are seconds, separated by commas; nonsense in them is refused."""
    urls = {"MONGODB_URL": "mongodb://x", "AMQP_URL": "amqp://x"}
    policy = read_settings(StoreSettings, urls | {"RETRY_DELAYS": "1,2.5"}).policy
    assert [delay.total_seconds() for delay in policy.retry_delays] == [1, 2.5]
    assert policy.max_attempts == 3
    with pytest.raises(BadSettings, match="RETRY_DELAYS"):
        read_settings(StoreSettings, urls | {"RETRY_DELAYS": "soon"})
