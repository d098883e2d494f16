"""Runs migrations on the connection that `auth.migrate` hands over; Alembic executes this file."""

from alembic import context

from auth.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
