"""Accounts and tokens: who a user is, and a signed proof of it."""
