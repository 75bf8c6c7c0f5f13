"""What the figures of phrase lists count: names heard where they were said, and where they were not."""

from benchmarks.phrases import Heard, invented


def test_a_name_counts_as_often_as_it_was_said_and_heard_and_the_rest_are_false_alarms() -> None:
    heard = Heard([("call ada bell or ada", "call ada bell or aida"), ("no bell", "ada bell ada bell no bell")], 1.0)

    assert heard.hits(["ada bell"]) == 1
    assert heard.false_alarms(["ada bell"]) == 2
    assert heard.hits(["bell", "nobody"]) == 2
    assert heard.false_alarms(["bell", "nobody"]) == 2


def test_invented_names_are_distinct_and_the_same_again() -> None:
    assert len(set(invented(500, seed=3))) == 500
    assert invented(5, seed=3) == invented(5, seed=3) != invented(5, seed=4)
