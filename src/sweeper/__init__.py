"""Moves what does not move: announces again, takes back, expires, deletes orphans."""
