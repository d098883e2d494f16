"""The journey that is printed is the one that a user types."""

from devstack.journey import Journey


def test_the_journey_is_the_promised_one() -> None:
    """Login, upload and download are the three commands that README promises."""
    journey = Journey("http://127.0.0.1:8080", "EMAIL", "PASSWORD")
    assert journey.login() == (
        "TOKEN=$(curl -sS -X POST http://127.0.0.1:8080/login -u EMAIL:PASSWORD)"
    )
    assert journey.upload("video.mkv") == (
        "curl -X POST -F 'file=@./video.mkv' "
        '-H "Authorization: Bearer $TOKEN" http://127.0.0.1:8080/upload'
    )
    assert journey.download("FID", "out.mp3") == (
        'curl -H "Authorization: Bearer $TOKEN" -o out.mp3 "http://127.0.0.1:8080/download?fid=FID"'
    )
