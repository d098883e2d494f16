"""The mails that arrived at the mail sink, asked for over HTTP."""

from collections import Counter

import requests

ANSWER_SECONDS = 60


class Mails:
    """The sink whose page is at `url`."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ids(self) -> Counter[str]:
        """How many mails there are by the local part of their Message-ID: `FID.ready`."""
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{self._url}/mails.json", timeout=ANSWER_SECONDS)
        answer.raise_for_status()
        return Counter(
            mail["message_id"].strip().lstrip("<").partition("@")[0] for mail in answer.json()
        )
