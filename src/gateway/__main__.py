"""`python -m gateway` runs the gateway."""

from gevent import monkey

# Before anything else is imported: whatever blocks from here on lets other requests go on.
monkey.patch_all()

from gateway.serving.server import main  # noqa: E402 - that is the point

main()
