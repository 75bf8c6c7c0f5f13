"""What is done with web hooks besides making, changing and removing them. Each verb gives the exit code."""

from speechsmith.cli.session import DONE, Session


def ping(session: Session) -> int:
    """Have the hook itself posted; the answer is an empty object."""
    hook = str(session.given["reference"])
    done = session.doing(f"Pinging webhook '{hook}'")
    session.client.webhooks.ping(hook)
    done()
    session.show({})
    return DONE


def test(session: Session) -> int:
    """Have the last entity of each event posted; the answer is an empty object."""
    hook = str(session.given["reference"])
    done = session.doing(f"Testing webhook '{hook}'")
    is_sent = session.client.webhooks.test(hook)
    done()
    if not is_sent:
        session.progress.say("Nothing is sent: there is no entity yet for any of its events.")
    session.show({})
    return DONE


def deliveries(session: Session) -> int:
    """List what was and will be sent, or show one delivery."""
    given, hook = session.given, str(session.given["reference"])
    if "delivery" in given:
        session.show(session.client.webhooks.delivery(hook, str(given["delivery"])))
        return DONE
    session.progress.say(f"Listing deliveries of webhook '{hook}' ...")
    page = {name: int(str(given[name])) for name in ("top", "skip") if name in given}
    session.show(session.client.webhooks.deliveries(hook, **page))
    return DONE


def replay(session: Session) -> int:
    """Send a delivery again."""
    hook, delivery = str(session.given["reference"]), str(session.given["delivery"])
    done = session.doing(f"Replaying delivery '{delivery}'")
    again = session.client.webhooks.replay(hook, delivery)
    done()
    session.show(again)
    return DONE
