"""What Alembic runs to take the steps: in the connection, and in the transaction, that `schema.upgrade` hands over.

https://alembic.sqlalchemy.org/en/latest/cookbook.html#sharing-a-connection-across-one-or-more-programmatic-migration-commands
"""

from __future__ import annotations

from alembic import context

from bot.adapters.store.schema import VERSIONS

context.configure(connection=context.config.attributes["connection"], version_table=VERSIONS, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
