"""What holds for any connection, whatever a client sends and whenever a listener tells something."""

from frames import audio, paths, text, wav_header
from hypothesis import given
from hypothesis import strategies as st
from sessions import ANSWERS, BEGAN, GUESS, NOTHING, SECOND, THANKS, session

from speechsmith.decoding.events import Ended, Heard
from speechsmith.realtime.session import Feed, Finish, Listen


@given(st.lists(st.binary(max_size=5_000), max_size=8), st.integers(0, 8))
def test_however_the_sound_is_cut_the_listener_gets_the_same(pieces, known_after):
    one = session()
    one.receive(text("speech.context", "a"))
    actions = []
    for place, piece in enumerate([*(piece for piece in pieces if piece), b""]):
        actions += one.started(1, ANSWERS) if place == known_after else []
        actions += one.receive(audio("a", (b"" if place else wav_header()) + piece if piece else b""))
    actions += one.started(1, ANSWERS)

    fed = b"".join(action.samples for action in actions if isinstance(action, Feed))
    whole = b"".join(pieces)
    assert fed == (whole if len(whole) >= 1_600 else b"")
    assert [type(action) for action in actions if isinstance(action, Listen | Finish)] == (
        [Listen, Finish] if fed else []
    )


FRAMES = st.one_of(
    st.text(),
    st.binary(),
    st.builds(text, st.sampled_from(["speech.context", "speech.config", "audio"]), st.sampled_from(["a", "b", None])),
    st.builds(audio, st.sampled_from(["a", "b"]), st.sampled_from([b"", b"\0\0", wav_header(), SECOND, b"RIFF"])),
)
EVENTS = st.sampled_from([BEGAN, GUESS, THANKS, NOTHING, Heard(9.0, is_speaking=False), Ended(2.0)])
INPUTS = st.one_of(
    st.builds(lambda frame: lambda one: one.receive(frame), FRAMES),
    st.builds(lambda turn, event: lambda one: one.heard(turn, event), st.integers(1, 3), EVENTS),
    st.builds(lambda turn: lambda one: one.started(turn, ANSWERS), st.integers(1, 3)),
    st.just(lambda one: one.drain()),
)


@given(st.sampled_from(["interactive", "conversation"]), st.lists(INPUTS, max_size=30))
def test_whatever_comes_the_actions_can_be_carried_out(mode, inputs):
    one = session(mode)
    actions = [action for step in inputs for action in step(one)]

    is_listening = is_in_turn = False
    for place, action in enumerate(paths(actions)):
        match action:
            case "turn.start":
                is_in_turn = True
            case "Listen":
                assert is_in_turn
                assert not is_listening
                is_listening = True
            case "Feed" | "Finish" | "Abandon":
                assert is_listening
                is_listening = action != "Abandon"
            case "turn.end":
                assert is_in_turn
                is_in_turn = False
            case "Close":
                assert place == len(actions) - 1
                assert not is_listening
