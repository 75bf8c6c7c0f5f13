"""What the client sends, what it makes of answers, and when it tries again."""

import contextlib
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from client.service import Answer
from speechsmith.client.client import Client
from speechsmith.client.errors import BadReference, ClientError, NotFound, ServiceError, Unauthorized, Unreachable

API = "/speechtotext/v3.2"
ID = "0198f569-cc11-4099-a0e8-9d55bc3d0c52"


def test_a_created_entity_comes_back_as_the_service_returned_it(service, client):
    service.on("POST", f"{API}/projects", Answer({"self": "x", "unheardOf": [1]}, 201))

    made = client.projects.create(display_name="Clinic \"A\" 'ü'", locale="en-US")

    assert made == {"self": "x", "unheardOf": [1]}
    assert service.asked[0].json == {"locale": "en-US", "displayName": "Clinic \"A\" 'ü'"}
    assert service.asked[0].headers["Ocp-Apim-Subscription-Key"] == "secret-key"


def test_an_update_leaves_out_what_is_not_given(service, client):
    service.on("PATCH", f"{API}/models/{ID}", Answer({}))

    client.models.update(ID, project=ID)

    assert service.asked[0].json == {"project": {"self": service.url(f"{API}/projects/{ID}")}}


def test_an_argument_that_there_is_not_is_refused_before_anything_is_sent(service, client):
    with pytest.raises(TypeError, match="'desciption'; known: project, description"):
        client.models.create(display_name="M", locale="en-US", desciption="words")
    with pytest.raises(TypeError, match="'name'; known: display_name"):
        client.models.update(ID, name="M")

    assert service.asked == []


def test_an_entity_may_be_named_by_its_url(service, client):
    service.on("GET", f"{API}/datasets/{ID}", Answer({"displayName": "words"}))

    assert client.datasets.get(service.url(f"{API}/datasets/{ID}/"))["displayName"] == "words"


@pytest.mark.parametrize(
    "reference", ["", ".", "..", "a/b", "a?b", "a#b", " a", "https://example.com/models/a", "http://h:x/datasets/d"]
)
def test_what_cannot_name_a_dataset_is_refused_before_anything_is_sent(service, client, reference):
    with pytest.raises(BadReference):
        client.datasets.delete(reference)

    assert service.asked == []


def test_pages_are_merged_to_one_list(service, client):
    more = service.url(f"{API}/models?skip=1&top=1")
    service.on("GET", f"{API}/models", Answer({"values": [{"n": 1}], "@nextLink": more}))
    service.on("GET", f"{API}/models?skip=1&top=1", Answer({"values": [{"n": 2}], "@nextLink": None}))

    assert client.models.listing() == {"values": [{"n": 1}, {"n": 2}]}


def test_a_next_link_to_another_host_is_followed_on_our_own(service, client):
    link = "https://inside.example.com/speechtotext/v3.2/models?skip=1"
    service.on("GET", f"{API}/models", Answer({"values": [{"n": 1}], "@nextLink": link}))
    service.on("GET", f"{API}/models?skip=1", Answer({"values": [{"n": 2}]}))

    assert client.models.listing() == {"values": [{"n": 1}, {"n": 2}]}


def test_a_list_that_goes_round_in_a_circle_is_an_error(service, client):
    link = service.url(f"{API}/models?skip=0")
    service.on("GET", f"{API}/models", Answer({"values": [], "@nextLink": link}))
    service.on("GET", f"{API}/models?skip=0", Answer({"values": [], "@nextLink": link}))

    with pytest.raises(ClientError, match="circle"):
        client.models.listing()


def test_with_top_one_page_is_given_as_it_is(service, client):
    page = {"values": [{"n": 1}], "@nextLink": "https://example.com/more"}
    service.on("GET", f"{API}/projects/{ID}/models?top=1&filter=status+eq+%27Failed%27", Answer(page))

    assert client.models.listing(project=ID, top=1, filter="status eq 'Failed'") == page


def test_an_id_that_is_no_custom_model_is_looked_up_among_the_base_models(service, client):
    service.on("GET", f"{API}/models/base/{ID}", Answer({"displayName": "20240101"}))
    service.on("POST", f"{API}/endpoints", Answer({}, 201))

    assert client.models.get(ID)["displayName"] == "20240101"
    client.endpoints.create(display_name="E", locale="en-US", model=ID)

    assert service.asked[-1].json["model"] == {"self": service.url(f"{API}/models/base/{ID}")}


def test_an_id_that_is_no_model_at_all_is_left_to_the_service_to_refuse(service, client):
    with pytest.raises(NotFound):
        client.models.get(ID)

    assert client.models.locate(ID) == service.url(f"{API}/models/{ID}")


def test_a_flat_error_is_told_with_its_inner_one(service, client):
    body = {
        "code": "InvalidRequest",
        "message": "The request is invalid.",
        "innerError": {"code": "InvalidLocale", "message": "There is no locale 'xx'."},
    }
    service.on("POST", f"{API}/projects", Answer(body, 400, {"apim-request-id": "r1"}))

    with pytest.raises(ServiceError) as caught:
        client.projects.create(display_name="P", locale="xx")

    error = caught.value
    assert (error.status, error.code, error.inner, error.request_id) == (400, "InvalidRequest", "InvalidLocale", "r1")
    assert error.message == "The request is invalid. There is no locale 'xx'."
    assert error.body == body


def test_an_error_wrapped_by_the_gateway_is_told_alike(service, client):
    service.on("GET", f"{API}/projects", Answer({"error": {"code": "401", "message": "Access denied."}}, 401))

    with pytest.raises(Unauthorized, match="Access denied") as caught:
        client.projects.listing()

    assert (caught.value.status, caught.value.code, caught.value.inner) == (401, "401", "")


def test_an_error_without_json_is_still_an_error_of_the_service(service, client):
    service.on("POST", f"{API}/projects", Answer(b"<html>", 500))

    with pytest.raises(ServiceError, match="HTTP status 500"):
        client.projects.create(display_name="P", locale="en-US")


def test_an_answer_that_is_not_json_is_no_speech_service(service, client):
    service.on("GET", f"{API}/projects/{ID}", Answer(b"<html>"))

    with pytest.raises(ClientError, match="not JSON"):
        client.projects.get(ID)


def test_a_read_is_tried_again_after_a_pause(service, client, clock):
    service.on("GET", f"{API}/projects/{ID}", Answer(None, 503), Answer(None, 429, {"Retry-After": "7"}), Answer({}))

    assert client.projects.get(ID) == {}
    assert clock.slept == [0.5, 7.0]


def test_a_create_is_tried_again_only_when_surely_nothing_was_done(service, client):
    service.on("POST", f"{API}/projects", Answer(None, 429), Answer(None, 503), Answer({}, 201))

    with pytest.raises(ServiceError) as caught:
        client.projects.create(display_name="P", locale="en-US")

    assert caught.value.status == 503
    assert len(service.asked) == 2


def test_a_read_gives_up_after_four_attempts(service, client):
    service.on("GET", f"{API}/projects/{ID}", Answer(None, 503))

    with pytest.raises(ServiceError):
        client.projects.get(ID)

    assert len(service.asked) == 4


def test_a_service_that_is_not_there_is_reported_at_once(clock):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody answers here
        base = f"http://127.0.0.1:{taken.getsockname()[1]}/x"
        with (
            Client(base, clock=clock, sleep=clock.sleep) as client,
            pytest.raises(Unreachable, match="No connection to http://127"),
        ):
            client.projects.listing()
    assert clock.slept == []


def test_the_key_goes_to_no_other_server(service, clock):
    service.on("GET", "/elsewhere/projects/a", Answer({}))
    with Client("http://127.0.0.1:9/speechtotext/v3.2", "secret-key", clock=clock, sleep=clock.sleep) as client:
        client.projects.get(service.url("/elsewhere/projects/a"))

    assert "Ocp-Apim-Subscription-Key" not in service.asked[0].headers


def test_localhost_and_its_number_are_one_server(service, client):
    service.on("GET", f"{API}/projects/a", Answer({}))

    client.projects.get(service.url(f"{API}/projects/a").replace("127.0.0.1", "localhost"))

    assert service.asked[0].headers["Ocp-Apim-Subscription-Key"] == "secret-key"


def test_a_redirect_does_not_take_the_key_along(service, client):
    service.on("GET", f"{API}/projects/a", Answer(None, 302, {"Location": service.url("/elsewhere")}))

    with pytest.raises(ClientError):
        client.projects.get("a")

    assert len(service.asked) == 1


def test_an_observer_sees_the_request_but_not_the_key(service, clock):
    seen = []
    service.on("POST", f"{API}/projects", Answer({}, 201))
    with Client(service.url(API), "secret-key", observe=seen.append, clock=clock, sleep=clock.sleep) as client:
        client.projects.create(display_name="P", locale="en-US")

    assert seen[0].body == b'{"locale": "en-US", "displayName": "P"}'
    assert "secret-key" not in repr(seen)
    assert ("ocp-apim-subscription-key", "***") in [(name.lower(), value) for name, value in seen[0].headers]


@pytest.mark.parametrize("base", ["", "127.0.0.1:8080", "ftp://example.com", "http://", "http://a b", "http://a?b"])
def test_what_is_not_an_address_is_refused(base):
    with pytest.raises(BadReference, match="not the address"):
        Client(base)


def test_no_proxy_stands_between_two_programs_on_one_machine(service, clock, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    service.on("GET", f"{API}/projects/a", Answer({}))

    with Client(service.url(API), "secret-key", clock=clock, sleep=clock.sleep) as client:
        assert client.projects.get("a") == {}


def test_a_certificate_that_is_not_trusted_is_told_with_the_way_to_trust_it(clock, tmp_path):
    certificate = tmp_path / "both.pem"
    certificate.write_text(self_signed(), encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=refused_handshake, args=(listener, context))
        accepting.start()
        base = f"https://127.0.0.1:{listener.getsockname()[1]}"

        with Client(base, clock=clock, sleep=clock.sleep) as client, pytest.raises(Unreachable, match="SSL_CERT_FILE"):
            client.projects.listing()

        accepting.join()


def refused_handshake(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True):
        pass


def self_signed() -> str:
    """A key and a certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    start = datetime(2024, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start + timedelta(days=36_500))
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (private + made.sign(key, hashes.SHA256()).public_bytes(pem)).decode()
