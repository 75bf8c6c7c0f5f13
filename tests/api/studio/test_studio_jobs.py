"""The queue in the browser: how far each job is, what has failed, and cancelling."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from browser import Browser, Page
from test_studio_projects import HOSTILE, outline

from speechsmith.api.studio.jobs import DELETES, MEANINGS, WORKS
from speechsmith.domain.jobs import Job, JobKind, JobProgress
from speechsmith.services import resources
from speechsmith.store.scope import EVERY_RESOURCE


@dataclass(frozen=True)
class Jobs:
    """The page of the queue of the first tenant, and a project for what is made."""

    browser: Browser
    project: str

    @property
    def address(self) -> str:
        return f"/studio/{self.browser.api.bench.me}/jobs"

    def make(self, collection: str, **members: object) -> str:
        """The id of a new entity of the project."""
        reference = {"self": f"http://speech.test/speechtotext/v3.2/projects/{self.project.rpartition('/')[2]}"}
        made = self.browser.api.make(collection, project=reference, **members)
        return str(made["self"].rpartition("/")[2])

    def model(self, name: str = "Counter") -> str:
        return self.make("models", displayName=name, text="send a gasket")

    def open(self, query: str = "") -> Page:
        return self.browser.open(f"{self.address}{query}")

    def cancels(self) -> list[str]:
        """The addresses behind Cancel."""
        return [link for link in self.open().links if link.endswith("/cancel")]

    def beat(self, job: Job, stage: str, fraction: float) -> None:
        ctx = self.browser.api.bench.ctx
        with ctx.store.write(EVERY_RESOURCE) as tx:
            tx.jobs.put(tx.jobs.get(job.id).beat(job, ctx.now(), JobProgress(stage, fraction)))


@pytest.fixture
def jobs(browser, projects):
    return Jobs(browser, browser.project(projects))


def in_order(page: Page, *told: str) -> bool:
    return re.search(".*".join(map(re.escape, told)), page.words) is not None


def polls(page: Page) -> bool:
    return any("hx-get" in a for a in page.all("div"))


def test_every_kind_of_job_is_told_and_all_but_copies_to_others_can_be_cancelled():
    assert set(WORKS) == set(JobKind)
    assert set(DELETES) == set(MEANINGS) == set(JobKind) - {JobKind.SEND_MODEL}


def test_where_nothing_is_under_way_it_is_told_what_would_be(jobs):
    page, failed = jobs.open(), jobs.open("?show=failed")

    assert "Nothing is under way" in page.words
    assert "Nothing has failed" in failed.words
    assert not polls(page)
    assert jobs.address in jobs.browser.open(jobs.project).links


def test_what_runs_tells_its_stage_its_worker_and_when_it_may_be_done_and_what_waits_its_place(jobs):
    first, second = jobs.model("Counter"), jobs.model("Hotline")
    jobs.make("endpoints", displayName="Desk")
    claimed = jobs.browser.api.bench.claim()
    jobs.beat(claimed, "Deploying", 0.25)
    jobs.browser.api.bench.clock.time = claimed.started_at + timedelta(seconds=100)

    page = jobs.open()

    assert "Under way and waiting (3)" in page.words
    assert in_order(page, "Desk", "Deployment", "Under way", "Deploying, 25 %, about 5 min", claimed.owner, "Since")
    assert in_order(page, "Counter", "Training", "Waiting", "Next in turn", "Hotline", "Training", "1 before it")
    assert "1 under way, 2 waiting." in page.words
    assert polls(page)
    for model in (first, second):
        assert f"{jobs.project}/models/{model}" in page.links
    assert page.all("noscript")


def test_what_is_tried_again_later_says_when_and_how_often_its_process_died(jobs):
    jobs.model()
    bench = jobs.browser.api.bench
    claimed = bench.claim()
    with bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.put(tx.jobs.get(claimed.id).crashed(claimed, bench.ctx.now()))

    page = jobs.open()

    assert "Not before 31 Jan 2025, 12:00 UTC" in page.words
    assert "Tried 1 time so far; its process has died 1 time" in page.words


def test_what_has_failed_tells_why(jobs):
    bad = jobs.browser.api.dataset(b"not a zip", displayName="Bad")

    page = jobs.open("?show=failed")

    assert "Failed lately (1)" in page.words
    assert bad["properties"]["error"]["message"] in page.words
    assert in_order(page, "Bad", "Import", "Attempts", "1", "Queued")
    assert not polls(page)
    assert not jobs.cancels()
    jobs.browser.api.delete(bad["self"])
    assert in_order(jobs.open("?show=failed"), "Deleted", "Import")


def test_a_job_is_cancelled_after_it_is_told_what_that_means(jobs):
    model = jobs.model()
    (cancel,) = jobs.cancels()

    asked = jobs.browser.open(cancel)
    sent = jobs.browser.send(cancel)

    assert "Cancel the training of Counter?" in asked.words
    assert "The model is deleted, and what was done so far is lost. Its data stays." in asked.words
    told = jobs.browser.open(sent.goes_to)
    assert "The job is cancelled" in told.words
    assert "Nothing is under way" in told.words
    assert jobs.browser.open(f"{jobs.project}/models/{model}").status == 404


def test_what_runs_is_being_stopped_until_its_worker_has_heard(jobs):
    jobs.model()
    claimed = jobs.browser.api.bench.claim()
    (cancel,) = jobs.cancels()

    jobs.browser.send(cancel)
    page = jobs.open()
    twice = jobs.browser.open(cancel)

    assert in_order(page, "Deleted", "Training", "Being stopped")
    assert not jobs.cancels()
    assert (twice.status, "is being stopped already" in twice.words) == (409, True)
    with jobs.browser.api.bench.ctx.store.write(EVERY_RESOURCE) as tx:
        tx.jobs.put(tx.jobs.get(claimed.id).drop(claimed))
    assert "Nothing is under way" in jobs.open().words


def test_what_ended_meanwhile_is_not_deleted(jobs):
    model = jobs.model()
    (cancel,) = jobs.cancels()
    form = jobs.browser.open(cancel)
    jobs.browser.api.bench.work_off()

    sent = jobs.browser.call("POST", cancel, data={"token": form.token})

    assert sent.status == 409
    assert "has ended meanwhile, and nothing was cancelled" in sent.words
    assert jobs.browser.open(f"{jobs.project}/models/{model}").status == 200


@pytest.mark.parametrize("kind", ["datasets", "models", "evaluations", "endpoints", "transcriptions"])
def test_each_kind_of_entity_is_deleted_by_cancelling_its_job(jobs, kind):
    api = jobs.browser.api
    dataset = {"self": api.dataset()["self"]}
    base = {"self": api.base()["self"]}
    members = {
        "datasets": {"kind": "Acoustic", "contentUrl": "http://127.0.0.1:9/data.zip"},
        "models": {"text": "send a gasket"},
        "evaluations": {"model1": base, "model2": base, "dataset": dataset},
        "endpoints": {},
        "transcriptions": {"dataset": dataset},
    }[kind]
    jobs.make(kind, displayName="Mine", **members)
    (cancel,) = jobs.cancels()

    sent = jobs.browser.send(cancel)

    assert sent.goes_to == f"{jobs.address}?cancelled"
    assert not [one for one in api.get(f"/{kind}").json()["values"] if one["displayName"] == "Mine"]
    assert "Nothing is under way" in jobs.open().words


def test_a_job_of_another_resource_is_not_there(jobs):
    jobs.model()
    (cancel,) = jobs.cancels()
    made = resources.create(jobs.browser.api.bench.ctx, name="other", region="there")
    other = Browser(jobs.browser.api)
    mine = other.sign_in(made.key1).replace("/projects", "/jobs")
    token = other.open(mine).token

    for path in (cancel, cancel.replace(jobs.address, mine)):
        assert other.open(path).status == 404
        assert other.call("POST", path, data={"token": token}).status == 404
    assert other.open(jobs.address).status == 404
    assert "Counter" not in other.open(mine).words
    assert len(jobs.cancels()) == 1


def test_fifty_are_shown_at_once_in_turn(jobs):
    for number in range(51):
        jobs.browser.api.make("models", displayName=f"Model {number}.", text="gasket")

    first, second = jobs.open(), jobs.open("?page=2")

    assert ("Model 0." in first.words, "Model 50." in first.words) == (True, False)
    assert ("Model 0." in second.words, "Model 50." in second.words) == (False, True)
    assert "50 before it" in second.words
    assert ("Later in turn" in first.words, "Earlier in turn" in second.words) == (True, True)
    assert [a["hx-get"] for a in second.all("div") if "hx-get" in a] == ["?page=2"]


@pytest.mark.parametrize("query", ["?show=x", "?page=-1", "?page=99999999999", "?show=failed&page=7", "?cancelled=x"])
def test_a_strange_query_is_answered(jobs, query):
    assert jobs.open(query).status == 200


@pytest.mark.parametrize("text", HOSTILE)
def test_what_users_write_about_jobs_is_text_and_nothing_else(jobs, text):
    def pages(name: str) -> list[Page]:
        jobs.browser.api.dataset(b"not a zip", displayName=name)
        jobs.model(name)
        jobs.browser.api.bench.claim()
        (cancel,) = jobs.cancels()
        shown = [jobs.open(), jobs.open("?show=failed"), jobs.browser.open(cancel)]
        jobs.browser.send(cancel)
        with jobs.browser.api.bench.ctx.store.write(EVERY_RESOURCE) as tx:
            (job,) = tx.jobs.held_by("bench")
            tx.jobs.put(job.drop(job))
            tx.jobs.forget(job.created_at + timedelta(days=1))
        return shown

    for plain, hostile in zip(pages("plain"), pages(text), strict=True):
        assert text in hostile.text
        assert outline(hostile) == outline(plain)
