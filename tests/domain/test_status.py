"""The life cycle of an entity: it only goes on, and what is final stays."""

from itertools import product

import pytest

from speechsmith.domain.status import InvalidTransition, Status

LEGAL = {
    (Status.NOT_STARTED, Status.RUNNING),
    (Status.NOT_STARTED, Status.FAILED),
    (Status.RUNNING, Status.SUCCEEDED),
    (Status.RUNNING, Status.FAILED),
}


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_the_legal_moves_are_these_and_to_stay(before, after):
    if before is after or (before, after) in LEGAL:
        assert before.to(after) is after
    else:
        with pytest.raises(InvalidTransition, match=f"{before} cannot become {after}"):
            before.to(after)


def test_what_has_succeeded_or_failed_is_final():
    assert [status for status in Status if status.is_final] == [Status.SUCCEEDED, Status.FAILED]
