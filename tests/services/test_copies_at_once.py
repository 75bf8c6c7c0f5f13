"""Copies that are asked for at the same moment."""

import socket
from concurrent.futures import ThreadPoolExecutor

from speechsmith.domain.errors import Invalid, SpeechError
from speechsmith.domain.models import CustomModel
from speechsmith.services import arrivals, copies, resources


def test_of_many_at_once_one_has_the_authorization(bench, a_model):
    model, me = a_model(), bench.tenant.resource
    target = resources.create(bench.ctx, name="target", region="there").resource
    authorization = arrivals.authorize(bench.ctx, target, str(me.id), endpoint="http://here")

    def ask(_):
        try:
            return copies.copy(bench.ctx, me, model.id, authorization, root="http://here").copy_id
        except Invalid as error:
            return error.code

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(ask, range(4)))

    made = [answer for answer in answers if answer != "ModelCopyAuthorizationExpired"]
    with bench.ctx.store.read(target.id) as tx:
        assert [copy.id for copy in tx.table(CustomModel).page().values] == made
    assert len(made) == 1


def test_peers_that_do_not_answer_hold_a_few_requests_and_the_others_are_told(bench, a_model):
    model, me = a_model(), bench.tenant.resource
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(4) as threads:
        silent.settimeout(60)
        peer = f"westus http://127.0.0.1:{silent.getsockname()[1]} trusted"
        ctx = bench.limited(peers=peer).ctx

        def ask(_: int = 0) -> str:
            try:
                return str(copies.copy_to(ctx, me, model.id, "nobody's key", root="http://here"))
            except SpeechError as error:
                return error.code

        asked = [threads.submit(ask) for _ in range(4)]
        held = [silent.accept()[0] for _ in asked]
        one_too_many = ask()
        for connection in held:
            connection.close()

        assert one_too_many == "TooManyRequests"
        assert {answer.result() for answer in asked} == {"SubscriptionNotFound"}
