"""multipart/form-data bodies, written by hand so that they can be wrong."""

BOUNDARY = "------------------------d74496d66958873e"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"

Part = tuple[str, bytes]


def file_part(
    data: bytes, filename: str = "video.mkv", *, name: str = "file", parameters: str = ""
) -> Part:
    """A part with a file; `parameters` follow the name in its Content-Disposition."""
    disposition = f'form-data; name="{name}"; filename="{filename}"{parameters}'
    headers = f"Content-Disposition: {disposition}\r\nContent-Type: video/x-matroska\r\n"
    return headers, data


def field_part(name: str, value: str) -> Part:
    """A part with a plain field."""
    return f'Content-Disposition: form-data; name="{name}"\r\n', value.encode()


def form(*parts: Part) -> bytes:
    """The parts as a whole body."""
    written = [
        f"--{BOUNDARY}\r\n{headers}\r\n".encode() + data + b"\r\n" for headers, data in parts
    ]
    return b"".join([*written, f"--{BOUNDARY}--\r\n".encode()])
