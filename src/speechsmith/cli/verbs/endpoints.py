"""What is done with endpoints alone: suspending and resuming them. Each verb gives the exit code."""

from speechsmith.cli.session import DONE, Session
from speechsmith.cli.verbs.entities import finish


def suspend(session: Session) -> int:
    """Let an endpoint answer nobody until it is resumed."""
    reference = str(session.given["reference"])
    done = session.doing(f"Suspending endpoint '{reference}'")
    suspended = session.client.endpoints.suspend(reference)
    done()
    session.show(suspended)
    return DONE


def resume(session: Session) -> int:
    """Let an endpoint answer again; with --wait stay until its model is deployed."""
    reference = str(session.given["reference"])
    done = session.doing(f"Resuming endpoint '{reference}'")
    resumed = session.client.endpoints.resume(reference)
    done()
    return finish(session, resumed)
