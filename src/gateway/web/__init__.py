"""The HTTP API, with Flask: each module answers some routes and decides nothing itself."""
