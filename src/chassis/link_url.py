"""Links as users send them: what can be one, where it leads, and the one form in which it is kept.

Source: RFC 3986; hosts as browsers read them (chassis.link_hosts).
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from chassis.errors import InvalidUrl, UrlNotAllowed
from chassis.link_hosts import split_authority
from chassis.link_rules import Host, LinkRules
from chassis.youtube import youtube_link

LONGEST_LINK: Final = 4096
"""Most characters that a link may have, as it is sent and as it is kept."""

DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):")
_HIERARCHY: Final = re.compile(
    r"//(?P<authority>[^/?#]+)(?P<path>[^?#]*)(?P<query>(?:\?[^#]*)?)(?:#.*)?", re.DOTALL
)
_STRAY_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PATH_CHARACTERS: Final = "/:@!$&'()*+,;=-._~%"  # RFC 3986, section 3.3
# Controls and separators of any script, and halves of characters.
_UNWANTED: Final = frozenset({"Cc", "Cs", "Zs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class LinkUrl:
    """A link: `url` in ASCII, with scheme and host in lower case, without default port or fragment.

    `key` names what it leads to: the URL itself, or, for the many addresses of a YouTube video,
    `youtube:ID`, whose `url` is that of its page. `host` is a name, or an address without brackets.
    """

    url: str
    key: str
    host: str
    port: int
    is_playlist: bool = False


def parse_link(text: str, rules: LinkRules) -> LinkUrl:
    """The link in `text`, with or without blanks around it, if `rules` allow it.

    Raises InvalidUrl (it cannot be a link), UrlNotAllowed (it points where it must not).
    """
    text = text.strip(" \t\r\n")
    if len(text) > LONGEST_LINK:
        raise InvalidUrl(f"This link is longer than {LONGEST_LINK} characters.")
    if "\\" in text or any(unicodedata.category(character) in _UNWANTED for character in text):
        raise InvalidUrl("This link has characters in it that a link cannot have.")
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise InvalidUrl("A link begins with http:// or https://.")
    default_port = DEFAULT_PORTS.get(scheme["scheme"].lower())
    if default_port is None:
        raise UrlNotAllowed("Only links that begin with http:// or https:// are taken.")
    parts = _HIERARCHY.fullmatch(text, scheme.end())
    if parts is None:
        raise InvalidUrl
    host, port = split_authority(parts["authority"], default_port)
    if isinstance(host, str) and port == default_port:
        video = youtube_link(host, parts["path"], parts["query"][1:])
        if video is not None:
            rules.check_host(video.host, port)
            return LinkUrl(video.url, video.key, video.host, 443, is_playlist=video.is_playlist)
    rules.check_host(host, port)
    url = "".join(
        (
            f"{scheme['scheme'].lower()}://{written_host(host)}",
            "" if port == default_port else f":{port}",
            _percent_encoded(parts["path"], _PATH_CHARACTERS) or "/",
            _percent_encoded(parts["query"], f"{_PATH_CHARACTERS}?"),
        )
    )
    if len(url) > LONGEST_LINK:
        raise InvalidUrl(f"This link is longer than {LONGEST_LINK} characters.")
    return LinkUrl(url, url, str(host), port)


def written_host(host: Host) -> str:
    """`host` as a URL has it: an IPv6 address in brackets."""
    written = str(host)
    return f"[{written}]" if ":" in written else written


def _percent_encoded(text: str, safe: str) -> str:
    """`text` with all that a URL cannot have percent-encoded; what is encoded already stays so."""
    return quote(_STRAY_PERCENT.sub("%25", text), safe=safe)
