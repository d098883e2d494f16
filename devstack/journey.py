"""The journey of a user, as curl commands for a shell: login, upload, download."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Journey:
    """The commands against one gateway with one account."""

    gateway_url: str
    email: str
    password: str

    def login(self) -> str:
        """Puts a token into TOKEN."""
        return f"TOKEN=$(curl -sS -X POST {self.gateway_url}/login -u {self.email}:{self.password})"

    def upload(self, video: str) -> str:
        """Answers with the fid of the MP3 that is to come."""
        return (
            f"curl -X POST -F 'file=@./{video}' "
            f'-H "Authorization: Bearer $TOKEN" {self.gateway_url}/upload'
        )

    def download(self, fid: str, mp3: str) -> str:
        """Writes the MP3 to the file `mp3`."""
        return (
            f'curl -H "Authorization: Bearer $TOKEN" -o {mp3} '
            f'"{self.gateway_url}/download?fid={fid}"'
        )

    def __str__(self) -> str:
        return "\n".join(
            [
                self.login(),
                self.upload("video.mkv"),
                "# an email says that the MP3 is ready, and its fid",
                self.download("FID", "out.mp3"),
            ]
        )
