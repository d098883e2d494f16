"""Tells a user by mail how a job ended."""
