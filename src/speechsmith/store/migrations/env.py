"""Runs the migrations on the connection that `speechsmith.store.migrate` has opened, within its transaction."""

from alembic import context

from speechsmith.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
