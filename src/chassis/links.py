"""Links that open without a token: signed, for one MP3, for a limited time.

The gateway and the notification service share the secret; auth's keys sign tokens only. Several
secrets may be given, oldest first: the last signs, all are accepted, so that the secret rotates.
"""

import re
from datetime import datetime
from typing import Any, Final

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from chassis.errors import Permanent

_PURPOSE: Final = "download-link"
_FORM: Final = re.compile(r"[A-Za-z0-9_.-]+")


class InvalidLink(Permanent):
    """The signature does not fit, or the link is for another MP3, or its time is over."""

    def __init__(self) -> None:
        super().__init__("invalid_link", "This link is not valid, or its time is over.")


class LinkSigner:
    """Signs and checks the links that mails carry; `secrets` are separated by commas."""

    def __init__(self, secrets: str, max_age: float) -> None:
        keys = [secret.strip() for secret in secrets.split(",") if secret.strip()]
        self._keys = keys
        self._serializer = URLSafeTimedSerializer(keys, salt=_PURPOSE)
        self._max_age = max_age

    def sign(self, fid: str) -> str:
        """A signature for `fid`, good for `max_age` seconds from now."""
        return str(self._serializer.dumps(fid))

    def sign_at(self, fid: str, time: datetime) -> str:
        """As `sign`, good from `time` on; always the same for the same time, to the second."""
        fixed = {"seconds": int(time.timestamp())}
        serializer = URLSafeTimedSerializer(
            self._keys, salt=_PURPOSE, signer=_SignerAt, signer_kwargs=fixed
        )
        return str(serializer.dumps(fid))

    def check(self, fid: str, signature: str) -> None:
        """Returns if `signature` opens `fid` now; raises InvalidLink."""
        # The library's base64 passes over letters that are none: two spellings of one signature.
        if not _FORM.fullmatch(signature):
            raise InvalidLink
        try:
            signed = self._serializer.loads(signature, max_age=int(self._max_age))
        except BadData as error:
            raise InvalidLink from error
        if signed != fid:
            raise InvalidLink


class _SignerAt(TimestampSigner):
    """Signs as if it were the time that it was made for, in seconds since 1970."""

    def __init__(self, *arguments: Any, seconds: int, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._seconds = seconds

    def get_timestamp(self) -> int:
        """See TimestampSigner."""
        return self._seconds
