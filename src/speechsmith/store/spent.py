"""What can be used once: authorizations and nonces, remembered until they would have ended by themselves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from speechsmith.store.tables import micros, spent, uuid_of


class SpentTable:
    """The tokens that were used, of every resource."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def spend(self, token: str, use: UUID, expires_at: datetime) -> UUID:
        """Use a token, unless it is used; returns the use that it has been put to. Of two at once, one comes first."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        row = {"token": token, "use_id": use, "expires_at": micros(expires_at)}
        self._connection.execute(dialect.insert(spent).values(row).on_conflict_do_nothing())
        found = self.use_of(token)
        assert found is not None
        return found

    def use_of(self, token: str) -> UUID | None:
        """What a token was used for."""
        found = self._connection.execute(select(spent.c.use_id).where(spent.c.token == token)).scalar()
        return None if found is None else uuid_of(found)

    def forget(self, now: datetime) -> None:
        """Forget those that have ended by themselves."""
        self._connection.execute(delete(spent).where(spent.c.expires_at <= micros(now)))
