"""What was said, to be heard: the sound of an utterance of a dataset, for the players of pages."""

from speechsmith.api.studio.projects import opened
from speechsmith.api.studio.visit import Answer, Sent, Visit
from speechsmith.services import sounds


def utterance(visit: Visit) -> Answer:
    """The sound of the utterance of this number, from 1. Browsers ask for the part that they need."""
    opened(visit)
    heard = sounds.utterance(visit.ctx, visit.resource.id, visit.ids["dataset"], visit.number)
    return Sent(heard.path, heard.name, "audio/wav")
