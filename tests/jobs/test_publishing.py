"""Where the attempts of jobs keep what they make."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from speechsmith.domain.endpoints import Endpoint
from speechsmith.domain.jobs import Job, JobKind
from speechsmith.services.publishing import attempt_prefix
from speechsmith.store.blobs import group_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_no_two_attempts_and_no_two_jobs_of_an_entity_share_a_prefix():
    first = Job(
        id=uuid4(),
        resource_id=uuid4(),
        kind=JobKind.DEPLOY,
        subject_id=uuid4(),
        created_at=NOW,
        not_before=NOW,
        attempt=1,
    )
    jobs = [first, replace(first, attempt=2), replace(first, id=uuid4())]

    prefixes = {attempt_prefix(Endpoint, job) for job in jobs}

    assert len(prefixes) == len(jobs)
    assert {group_of(f"{prefix}/model/lexicon") for prefix in prefixes} == prefixes
