"""The pool of decode processes: who decodes what, and what a death costs."""

import threading
from concurrent.futures import wait
from pathlib import Path

import numpy as np
import psutil
import pytest
import small_engine
import soundfile

from speechsmith.decoding.pool import PATIENCE, DecodeDied, DecodePool
from speechsmith.engines.base import EngineError, ModelFiles

RATE = 16_000


@pytest.fixture
def wav(tmp_path):
    """Four seconds of noise."""
    path = tmp_path / "speech.wav"
    noise = np.random.default_rng(7).integers(-3000, 3000, size=4 * RATE, dtype=np.int16)
    soundfile.write(path, noise, RATE)
    return path


@pytest.fixture
def a_model(tmp_path):
    def make(name: str, **files: str) -> ModelFiles:
        folder = tmp_path / name
        folder.mkdir()
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        return ModelFiles("small", folder)

    return make


def log(model: ModelFiles) -> list[list[str]]:
    return [line.split() for line in (model.base / "log").read_text(encoding="utf-8").splitlines()]


def loads(model: ModelFiles) -> int:
    return sum(line[0] == "load" for line in log(model))


def processes(model: ModelFiles) -> set[int]:
    return {int(line[1]) for line in log(model)}


def test_a_stretch_is_decoded_elsewhere_and_its_times_count_from_the_start_of_the_file(wav, a_model):
    model = a_model("english")

    with DecodePool(1, loader=small_engine.load) as pool:
        best, second = pool.submit(model, wav, 1.5, 2.0, alternatives=2).result(timeout=30)

    assert (best.words[0].start, best.words[0].end) == (1.5, 2.0)
    assert (best.confidence, second.confidence) == (1.0, 0.5)
    assert log(model)[1][2] == str(RATE // 2)


def test_no_process_is_started_before_the_first_task():
    with DecodePool(2, loader=small_engine.load):
        assert psutil.Process().children() == []
        assert not [thread for thread in threading.enumerate() if thread.name == "decode"]


@pytest.mark.slow
def test_the_text_does_not_depend_on_the_number_of_processes_or_the_order(wav, a_model):
    model = a_model("english")
    cuts = [(n / 4, n / 4 + 0.5) for n in range(14)]

    def texts(count: int, cuts: list[tuple[float, float]]) -> dict[tuple[float, float], str]:
        with DecodePool(count, loader=small_engine.load) as pool:
            results = {cut: pool.submit(model, wav, *cut) for cut in cuts}
            return {cut: result.result(timeout=30)[0].lexical for cut, result in results.items()}

    assert texts(1, cuts) == texts(3, cuts[::-1])


def test_a_model_is_loaded_once_for_each_process_that_decodes_with_it(wav, a_model):
    model = a_model("english")

    with DecodePool(2, loader=small_engine.load) as pool:
        wait([pool.submit(model, wav, 0, 1) for _ in range(12)], timeout=30)

    assert loads(model) == len(processes(model)) <= 2


def test_tasks_go_where_their_model_is_warm(wav, a_model):
    english, french = a_model("english"), a_model("french")

    with DecodePool(2, loader=small_engine.load) as pool:
        both = [pool.submit(english, wav, 0, 1), pool.submit(french, wav, 0, 1)]
        wait(both, timeout=30)
        for _ in range(5):
            pool.submit(french, wav, 0, 1).result(timeout=30)
            pool.submit(english, wav, 0, 1).result(timeout=30)

    assert (loads(english), loads(french)) == (1, 1)
    assert processes(english).isdisjoint(processes(french))


def test_the_least_recently_used_model_is_let_go(wav, a_model):
    a, b, c = a_model("a"), a_model("b"), a_model("c")

    with DecodePool(1, max_models=2, loader=small_engine.load) as pool:
        for model in (a, b, a, c, a, b):
            pool.submit(model, wav, 0, 1).result(timeout=30)

    assert (loads(a), loads(b), loads(c)) == (1, 2, 1)


def test_a_cold_model_is_not_passed_over_for_ever(wav, a_model, tmp_path):
    warm, cold = a_model("warm"), a_model("cold")
    order = []

    with DecodePool(1, loader=small_engine.load) as pool:
        tasks = [pool.submit(warm, wav, 0, 1), pool.submit(cold, wav, 0, 1)]
        tasks += [pool.submit(warm, wav, 0, 1) for _ in range(3 * PATIENCE)]
        for number, task in enumerate(tasks):
            task.add_done_callback(lambda _, number=number: order.append(number))
        wait(tasks, timeout=60)

    assert order.index(1) == PATIENCE + 1
    assert loads(warm) == 1


def in_turn(tasks):
    """The numbers of tasks in the order in which they are done."""
    order = []
    for number, task in enumerate(tasks):
        task.add_done_callback(lambda _, number=number: order.append(number))
    wait(tasks, timeout=60)
    return order


def test_who_speaks_comes_before_files_and_each_kind_in_its_turn(wav, a_model):
    model = a_model("a")

    with DecodePool(1, loader=small_engine.load) as pool:
        files = [pool.submit(model, wav, 0, 1) for _ in range(3)]
        order = in_turn([*files, *(pool.submit_sound(model, b"", 0.0) for _ in range(2))])

    assert order == [0, 3, 4, 1, 2]


def test_what_is_sent_faster_than_it_is_spoken_waits_for_its_time(a_model):
    model = a_model("a")

    with DecodePool(1, loader=small_engine.load) as pool:
        order = in_turn([pool.submit_sound(model, b"", 0.0, in_s=in_s) for in_s in (0.0, 9.0, 6.0, 3.0, 0.0)])

    assert order == [0, 4, 3, 2, 1]


def test_a_file_whose_model_is_warm_does_not_overtake_who_speaks(wav, a_model):
    warm, cold = a_model("warm"), a_model("cold")

    with DecodePool(1, loader=small_engine.load) as pool:
        order = in_turn([*(pool.submit(warm, wav, 0, 1) for _ in range(3)), pool.submit_sound(cold, b"", 0.0)])

    assert order == [0, 3, 1, 2]


@pytest.mark.slow
def test_a_death_is_tried_again_once_and_costs_nobody_else(wav, a_model):
    shaky, good = a_model("shaky", crashes="1"), a_model("good")

    with DecodePool(2, loader=small_engine.load) as pool:
        tasks = [pool.submit(shaky if n == 3 else good, wav, 0, 1) for n in range(8)]
        texts = {task.result(timeout=30)[0].lexical for task in tasks}

    assert len(texts) == 1
    assert loads(shaky) == 2


@pytest.mark.slow
def test_two_deaths_are_an_error_with_a_code_and_the_pool_goes_on(wav, a_model):
    broken, good = a_model("broken", crashes="9"), a_model("good")

    with DecodePool(1, loader=small_engine.load) as pool:
        failed, fine = pool.submit(broken, wav, 0, 1), pool.submit(good, wav, 0, 1)
        with pytest.raises(DecodeDied, match=r"0 to 1 s ended 2 decode processes.*SIGSEGV") as caught:
            failed.result(timeout=30)
        assert fine.result(timeout=30)[0].words

    assert caught.value.code == "DecodeDied"
    assert loads(broken) == 2


def test_a_model_that_cannot_be_loaded_is_the_engines_error_and_kills_no_process(wav, a_model):
    missing, good = ModelFiles("small", Path("nowhere")), a_model("good")

    with DecodePool(1, loader=small_engine.load) as pool:
        pool.submit(good, wav, 0, 1).result(timeout=30)
        for _ in range(3):
            with pytest.raises(EngineError, match="nowhere is not there") as caught:
                pool.submit(missing, wav, 0, 1).result(timeout=30)
        pool.submit(good, wav, 0, 1).result(timeout=30)

    assert caught.value.code == "ModelMissing"
    assert (loads(good), len(processes(good))) == (1, 1)


def test_a_missing_file_is_an_error_of_its_task(wav, a_model):
    with DecodePool(1, loader=small_engine.load) as pool, pytest.raises(FileNotFoundError):
        pool.submit(a_model("english"), wav.with_name("gone.wav"), 0, 1).result(timeout=30)


@pytest.mark.slow
def test_a_task_that_takes_far_too_long_is_ended_and_the_pool_goes_on(wav, a_model):
    stuck, good = a_model("stuck", hangs=""), a_model("good")

    with DecodePool(1, loader=small_engine.load, load_s=1.0, slowest=0.1) as pool:
        with pytest.raises(DecodeDied) as caught:
            pool.submit(stuck, wav, 0, 1).result(timeout=30)
        assert pool.submit(good, wav, 0, 1).result(timeout=30)

    assert caught.value.code == "DecodeTimeout"
    assert loads(stuck) == 1


def test_a_waiting_task_can_be_cancelled(wav, a_model):
    stuck = a_model("stuck", hangs="")

    with DecodePool(1, loader=small_engine.load) as pool:
        pool.submit(stuck, wav, 0, 1)
        waiting = pool.submit(stuck, wav, 1, 2)
        assert waiting.cancel()


def test_close_ends_what_runs_and_what_waits_and_leaves_no_process(wav, a_model):
    stuck = a_model("stuck", hangs="")
    pool = DecodePool(1, loader=small_engine.load)
    running, waiting = pool.submit(stuck, wav, 0, 1), pool.submit(stuck, wav, 1, 2)
    while not (stuck.base / "log").exists():
        threading.Event().wait(0.01)

    pool.close()

    with pytest.raises(DecodeDied) as caught:
        running.result(timeout=0)
    assert caught.value.code == "DecodeClosed"
    assert waiting.cancelled()
    assert psutil.Process().children() == []
    with pytest.raises(DecodeDied):
        pool.submit(stuck, wav, 0, 1)


def test_an_idle_process_gives_its_models_back_and_another_is_started_when_needed(wav, a_model):
    model = a_model("english")

    with DecodePool(1, idle_s=0.05, loader=small_engine.load) as pool:
        first = pool.submit(model, wav, 0, 1).result(timeout=30)
        for child in psutil.Process().children():
            child.wait(timeout=10)
        second = pool.submit(model, wav, 0, 1).result(timeout=30)

    assert first == second
    assert len(processes(model)) == loads(model) == 2
