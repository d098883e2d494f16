"""The guard: the proxy on loopback through which all traffic of the fetcher goes.

It resolves a name once, refuses it unless all its addresses may be connected to, and connects to
just these. So neither redirects, playlists nor name servers lead a fetch where it must not go,
whichever tool fetches.
"""
