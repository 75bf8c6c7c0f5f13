"""Use cases of passes: what the browser of a signed-in user gets in place of a key, for one thing and a short time."""

from uuid import UUID

from speechsmith.net.tokens import RECOGNITION, issue
from speechsmith.services.context import Context
from speechsmith.store.scope import EVERY_RESOURCE


def recognition_token(ctx: Context, resource_id: UUID) -> str:
    """A token with which speech of a resource is recognized, and nothing else is done, for ten minutes."""
    with ctx.store.write(EVERY_RESOURCE) as tx:
        secret = tx.secret("tokens")
    return issue(secret, str(resource_id), RECOGNITION, ctx.now().timestamp())
