"""The page of one recording in the Editor: hear it, and write what is said."""

from speechsmith.api.studio import forms
from speechsmith.api.studio.nouns import EDITION
from speechsmith.api.studio.projects import REFUSALS
from speechsmith.api.studio.visit import Answer, Goto, Sent, Visit
from speechsmith.domain.editions import MOST_CHARACTERS
from speechsmith.domain.errors import Conflict, SpeechError
from speechsmith.services import editions as cases

ACCEPTS = {"save": None, "accept": True, "draft": False}
"""What the buttons of the form say, and whether the text is accepted then; None: as it was."""

MOST_VERSION = 10**9


def show(visit: Visit) -> Answer:
    """A recording and its text."""
    return _page(visit)


def save(visit: Visit) -> Answer:
    """Keep the text. Who accepts it goes on to the next draft."""
    _, edition = EDITION.found(visit)
    ctx, me, form = visit.ctx, visit.resource.id, visit.form
    accept = ACCEPTS.get(form["do"])
    written = cases.Written(form["text"], form.number("version", MOST_VERSION), accept)
    try:
        cases.save(ctx, me, edition.id, visit.number, written)
    except REFUSALS as error:
        return _page(visit, error)
    if not accept:
        return Goto(f"{visit.path}?saved={form['do']}")
    following = cases.next_draft(ctx, me, edition.id, after=visit.number)
    return Goto(f"{EDITION.address(visit)}/files/{following}?began" if following else f"{EDITION.address(visit)}?done")


def sound(visit: Visit) -> Answer:
    """The recording. Browsers ask for the part that they need."""
    _, edition = EDITION.found(visit)
    kept, path = cases.sound(visit.ctx, visit.resource.id, edition.id, visit.number)
    return Sent(path, kept.name, "audio/wav")


def _page(visit: Visit, error: SpeechError | None = None) -> Answer:
    """The page; with a refusal it has what was written, and where somebody was quicker, what he wrote."""
    project, edition = EDITION.found(visit)
    file = cases.file(visit.ctx, visit.resource.id, edition.id, visit.number)
    was_changed = isinstance(error, Conflict)
    values = {
        **EDITION.values(project, edition),
        "file": file,
        "tally": cases.tallies(visit.ctx, visit.resource.id, [edition.id])[edition.id],
        "text": file.text if error is None else visit.form["text"],
        "version": file.version if error is None or was_changed else visit.form["version"],
        "was_changed": was_changed,
        "is_saved": visit.query.get("saved") in ACCEPTS,
        "began": "began" in visit.query,
        "most_characters": MOST_CHARACTERS,
    }
    return forms.shown("edition_file.html", values, error)
