"""The gateway: the only public door; uploads, jobs and downloads, checked with auth's public keys.

The modules here are pure (no Flask, no server); `web` answers HTTP with Flask, `serving` runs it
under gunicorn, `app` and `adapters` put it together.
"""
