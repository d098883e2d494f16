"""What auth reads from its environment."""

from datetime import timedelta
from typing import Any

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from auth.accounts import check_password, parse_address
from auth.database import check_url
from auth.errors import AddressInvalid, PasswordUnacceptable
from auth.keys import SigningKeys
from auth.passwords import MEMORY_KIB, PASSES
from chassis.settings import Settings
from chassis.tokens import MAX_LIFETIME


class AccountSettings(Settings):
    """Settings of everything that works on accounts, the shell's commands included."""

    mysql_url: SecretStr = Field(
        description="MySQL or MariaDB, as `mysql://user:password@host:3306/database`."
    )
    password_memory_kib: int = Field(
        MEMORY_KIB, ge=8, description="Memory that hashing a password takes, in KiB (argon2id)."
    )
    password_passes: int = Field(
        PASSES, ge=1, description="How often hashing a password goes over its memory (argon2id)."
    )

    @field_validator("mysql_url")
    @classmethod
    def _names_a_database(cls, url: SecretStr) -> SecretStr:
        check_url(url.get_secret_value())
        return url


class AuthSettings(AccountSettings):
    """Settings of the web service."""

    port: int = Field(8080, ge=1, le=65_535, description="Port of the API.")
    metrics_port: int = Field(
        9090, ge=1, le=65_535, description="Port of /metrics, which is not public."
    )
    threads: int = Field(
        16, ge=2, le=200, description="How many requests one process of auth serves at a time."
    )
    request_seconds: float = Field(
        15, gt=0, description="How long a client may take to send a whole request."
    )
    signing_keys: SecretStr = Field(
        description="Keys of tokens, as `python -m auth keygen` prints them; the first signs."
    )
    token_issuer: str = Field("auth", min_length=1, description="Claim `iss` of tokens.")
    token_audience: str = Field("video-to-mp3", min_length=1, description="Claim `aud` of tokens.")
    token_lifetime_seconds: int = Field(
        int(MAX_LIFETIME.total_seconds()),
        ge=1,
        le=int(MAX_LIFETIME.total_seconds()),
        description="How long a token is valid, in seconds; a day at most.",
    )
    admin_email: str | None = Field(
        None, description="Address of the first admin, who is added if there is no such account."
    )
    admin_password: SecretStr | None = Field(
        None,
        validate_default=True,
        description="Password of the first admin; one that exists keeps its own.",
    )

    @field_validator("signing_keys")
    @classmethod
    def _are_keys(cls, keys: SecretStr) -> SecretStr:
        SigningKeys.parse(keys.get_secret_value())
        return keys

    @field_validator("admin_email", "admin_password", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("admin_email")
    @classmethod
    def _is_an_address(cls, email: str | None) -> str | None:
        try:
            return email and parse_address(email)
        except AddressInvalid as error:
            raise ValueError(error.detail) from error

    @field_validator("admin_password")
    @classmethod
    def _goes_with_the_address(
        cls, password: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        if "admin_email" not in info.data:  # that one is wrong by itself
            return password
        email = info.data["admin_email"]
        if (email is None) != (password is None):
            raise ValueError("give both ADMIN_EMAIL and ADMIN_PASSWORD, or neither")
        try:
            if password is not None:
                check_password(password.get_secret_value(), email)
        except PasswordUnacceptable as error:
            raise ValueError(error.detail) from error
        return password

    @property
    def token_lifetime(self) -> timedelta:
        """How long a token is valid."""
        return timedelta(seconds=self.token_lifetime_seconds)
