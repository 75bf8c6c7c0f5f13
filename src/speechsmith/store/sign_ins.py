"""The sign-ins of browsers, as a table: one row for a session and a Speech resource."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from speechsmith.domain.sign_ins import LONGEST, MOST_IDLE, SignIn
from speechsmith.store.tables import micros, moment, sign_ins, uuid_of


class SignInTable:
    """The sign-ins to all resources: who comes with a session has not said yet whose he is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, new: SignIn) -> None:
        """Keep a sign-in; one of the same session to the same resource gives way."""
        c = sign_ins.c
        self._connection.execute(delete(sign_ins).where(c.session == new.session, c.resource_id == new.resource_id))
        self._connection.execute(
            insert(sign_ins).values(
                session=new.session,
                resource_id=new.resource_id,
                key_digest=new.key_digest,
                began_at=micros(new.began_at),
                seen_at=micros(new.seen_at),
            )
        )

    def of(self, session: str) -> list[SignIn]:
        """Those of a session, by its digest; also what is over, until it is forgotten."""
        rows = self._connection.execute(select(sign_ins).where(sign_ins.c.session == session))
        return [
            SignIn(
                session=row.session,
                resource_id=uuid_of(row.resource_id),
                key_digest=row.key_digest,
                began_at=moment(row.began_at),
                seen_at=moment(row.seen_at),
            )
            for row in rows
        ]

    def seen(self, session: str, now: datetime) -> None:
        """Somebody was there."""
        self._connection.execute(update(sign_ins).where(sign_ins.c.session == session).values(seen_at=micros(now)))

    def end(self, session: str) -> None:
        """Forget a session."""
        self._connection.execute(delete(sign_ins).where(sign_ins.c.session == session))

    def forget(self, now: datetime) -> None:
        """Forget those that are over."""
        c = sign_ins.c
        over = (c.seen_at <= micros(now - MOST_IDLE)) | (c.began_at <= micros(now - LONGEST))
        self._connection.execute(delete(sign_ins).where(over))
