"""The loop by `spx` alone, with what is around it: a receiver is told, a model is copied, what was said is kept."""

import base64
import hashlib
import hmac
import json
import shutil
from collections.abc import Iterator

import pytest
from receivers import Receiver, receiving

from waiting import until

from .conftest import SAMPLE, archive, new_resource

pytestmark = pytest.mark.slow

LOOP = """
spx webhook create --name tell --url "$RECEIVER" --events "completion;modelDeletion" --secret @secret --wait \
    --output id @@hook
spx csr project create --name Clinic --language en-US --output id @@project
spx csr dataset upload --name Words --kind Language --data sentences.txt --project @project --language en-US --wait \
    --output id @@words
spx csr dataset upload --name Test --kind Acoustic --data test.zip --project @project --language en-US --wait \
    --output id @@test
spx csr model create --name Clinic --dataset @words --project @project --language en-US --wait --output id @@model
spx csr evaluation create --name Clinic --model1 @model --model2 @model --dataset @test --project @project \
    --language en-US --wait --output id @@evaluation
spx csr evaluation update --evaluation @evaluation --description "of the north"
spx csr endpoint create --name Clinic --model @model --project @project --logging enabled --language en-US --wait \
    --output id @@endpoint
"""
COPIES = """
spx csr model copy --model @model --target key @target --name "By key" --wait --output url @@bykey
spx csr model copy --api-version v3.2 --model @model --target key @target --name "By authorization" --wait \
    --output id @@byauthorization
spx csr model copy --api-version v3.2 --model @model --target key @target --output id @@operation
spx operation status --operation @operation --wait
spx csr model show --model @bykey --key @target
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody who wants to be told."""
    with receiving() as listening:
        yield listening


def documents(done):
    """The answers of the lines, one after the other; all of them went well."""
    assert done.returncode == 0, done.stderr
    decoder, found, rest = json.JSONDecoder(), [], done.stdout.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        found.append(document)
        rest = rest[end:].strip()
    return found


def test_the_loop_with_a_receiver_copies_and_logs(shell, home, tmp_path, receiver):
    archive(tmp_path / "test.zip", "test", 1)
    shutil.copy(SAMPLE / "train" / "related-text.txt", tmp_path / "sentences.txt")
    shutil.copy(SAMPLE / "test" / "audio" / "test_01.wav", tmp_path / "speech.wav")
    (tmp_path / "secret").write_text("hush\n", encoding="utf-8")
    (tmp_path / "target").write_text(new_resource(home)["key1"], encoding="utf-8")

    made = documents(shell(f"RECEIVER={receiver.url}\n{LOOP}"))
    assert {entity["status"] for entity in made if "status" in entity} == {"Succeeded"}
    until(lambda: receiver.events().count("EndpointCompletion") == 1)
    assert receiver.events()[0] == "Challenge"
    assert receiver.events().count("DatasetCompletion") == 2
    told = next(got for got in receiver.got if got.event == "ModelCompletion")
    assert json.loads(told.body)["self"] == made[4]["self"]
    assert told.headers["x-microsoftspeechservices-signature"] == signature(b"hush", told.body)

    [listed] = documents(shell("spx csr project list --project @project --endpoints"))
    assert [entity["self"] for entity in listed["values"]] == [made[-1]["self"]]

    by_key, authorized, _, operation, seen = documents(shell(COPIES))
    assert (by_key["displayName"], authorized["displayName"]) == ("By key", "By authorization")
    assert (by_key["status"], authorized["status"], operation["status"]) == ("Succeeded",) * 3
    assert seen["self"] == by_key["self"]
    [theirs] = documents(shell("spx csr model list --api-version v3.2 --key @target"))
    assert len(theirs["values"]) == 3
    assert operation["result"]["link"] in {model["self"] for model in theirs["values"]}

    check_logs(shell)
    check_suspended(shell)
    check_deliveries(shell, receiver)

    refused = shell("spx csr model delete --model @model")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "endpoint" in refused.stderr
    documents(shell("spx csr endpoint delete --endpoint @endpoint; spx csr model delete --model @model"))
    until(lambda: "ModelDeletion" in receiver.events())
    [limits] = documents(shell("spx csr limits"))
    assert (limits["entities"]["models"]["used"], limits["entities"]["endpoints"]["used"]) == (0, 0)
    assert documents(shell("spx webhook delete --webhook @hook")) == [{}]


def check_logs(shell):
    """What is said to the endpoint is kept; one entry is removed, then all."""
    said = """ROUTE=speech/recognition/conversation/cognitiveservices/v1
    curl -sf "$SPEECHSMITH_ENDPOINT/$ROUTE?cid=$(cat .spx/endpoint)" \
        -H "Ocp-Apim-Subscription-Key: $SPEECHSMITH_KEY" --data-binary @speech.wav"""
    assert documents(shell(said))[0]["RecognitionStatus"] == "Success"

    def logs():
        return documents(shell("spx csr endpoint list --logs --endpoint @endpoint --output last id @@log"))[0]["values"]

    until(lambda: len(logs()) == 2)
    assert documents(shell("spx csr endpoint delete --endpoint @endpoint --log @log")) == [{}]
    assert len(logs()) == 1
    assert documents(shell("spx csr endpoint delete --endpoint @endpoint --logs")) == [{}]
    assert logs() == []


def check_suspended(shell):
    """The endpoint answers nobody until it is resumed, under the id that it had."""
    [suspended] = documents(shell("spx csr endpoint suspend --endpoint @endpoint"))
    assert (suspended["status"], suspended["properties"]["suspended"]) == ("Succeeded", True)
    say = "spx recognize --file speech.wav --endpoint id @endpoint"

    refused = shell(say)

    assert refused.returncode != 0
    assert "'Clinic' is suspended and answers nobody; resume it" in refused.stderr + refused.stdout
    [resumed] = documents(shell("spx csr endpoint resume --endpoint @endpoint --wait"))
    assert (resumed["self"], resumed["status"]) == (suspended["self"], "Succeeded")
    assert "suspended" not in resumed["properties"]
    [said] = documents(shell(say))
    assert said["phrases"][0]["Model"] == resumed["model"]["self"].rpartition("/")[2]
    documents(shell("spx csr endpoint delete --endpoint @endpoint --logs"))


def check_deliveries(shell, receiver):
    """The hook is pinged; the log tells it, and sends it again."""
    documents(shell("spx webhook ping --webhook @hook; spx webhook test --webhook @hook"))
    until(lambda: "Ping" in receiver.events())
    pinged = next(got for got in receiver.got if got.event == "Ping").headers["webhook-id"]

    def delivery():
        return documents(shell(f"spx webhook deliveries --webhook @hook --delivery {pinged}"))[0]

    until(lambda: delivery()["status"] == "Succeeded")
    [again] = documents(shell(f"spx webhook replay --webhook @hook --delivery {pinged}"))
    assert again["invocationId"] == pinged
    until(lambda: [got.headers.get("webhook-id") for got in receiver.got].count(pinged) == 2)
    listed = documents(shell("spx webhook deliveries --webhook @hook"))[0]["values"]
    assert pinged in {one["invocationId"] for one in listed}


def signature(key: bytes, body: bytes) -> str:
    return base64.b64encode(hmac.digest(key, body, hashlib.sha256)).decode()
