"""The history of auth's tables, for Alembic.

A migration must leave the tables usable by the release before it, because that one goes on running
while replicas are replaced. MySQL cannot take a change of tables back, so each step of a migration
must also be safe to repeat after a crash.
"""
