"""Private servers and our own services as local processes, for `scripts/up` and for the tests."""
