"""What the user's resource may do. The verb gives the exit code."""

from speechsmith.cli.session import DONE, Session


def show(session: Session) -> int:
    """Show limits and use."""
    session.progress.say("Getting limits ...")
    session.show(session.client.limits())
    return DONE
