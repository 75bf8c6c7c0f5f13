"""Settings: read from the environment, and documented by themselves."""

from pathlib import Path

import pytest

from speechsmith.config import Settings, from_environment, reference

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "settings.md"


def test_the_page_of_settings_is_current():
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: make docs"


def test_what_is_given_beats_the_environment_and_that_beats_the_default():
    environment = {"SPEECHSMITH_REGION": "eastus", "SPEECHSMITH_WORKERS": "3", "SPEECHSMITH_ALLOW_PRIVATE_URLS": "true"}

    settings = from_environment(environment, region="westus", home=None)

    assert (settings.region, settings.workers, settings.allow_private_urls) == ("westus", 3, True)
    assert settings.job_stall_s == Settings().job_stall_s


@pytest.mark.parametrize(("text", "value"), [("auto", None), ("true", True), ("no", False)])
def test_a_choice_may_be_left_to_the_service(text, value):
    assert from_environment({"SPEECHSMITH_LEARNING_CURVE": text}).learning_curve is value
    assert from_environment({}).learning_curve is None


@pytest.mark.parametrize(("name", "text"), [("WORKERS", "many"), ("ALLOW_PRIVATE_URLS", "perhaps")])
def test_a_value_that_does_not_fit_is_refused_by_its_name(name, text):
    with pytest.raises(ValueError, match=f"SPEECHSMITH_{name}='{text}'"):
        from_environment({f"SPEECHSMITH_{name}": text})


def test_what_is_inside_the_home_has_an_absolute_path_and_what_is_elsewhere_none(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    inside = from_environment({}, home=Path("home"))
    named = from_environment({"SPEECHSMITH_BLOB_URL": "file:///srv/blobs"}, home=Path("home"))
    elsewhere = from_environment({"SPEECHSMITH_BLOB_URL": "s3://b/p", "SPEECHSMITH_DATABASE_URL": "postgresql://h/d"})

    assert inside.database_file == tmp_path / "home" / "speechsmith.db"
    assert inside.blob_folder == tmp_path / "home" / "blobs"
    assert named.blob_folder == Path("/srv/blobs")
    assert (elsewhere.database_file, elsewhere.blob_folder) == (None, None)
