"""How ID3v2.3 has text: Latin-1 where that is enough, else UTF-16."""

from mutagen import id3


def text_encoding(text: str) -> int:
    """The encoding in which ID3v2.3 can hold `text`, as mutagen numbers them."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return id3.Encoding.UTF16
    return id3.Encoding.LATIN1
