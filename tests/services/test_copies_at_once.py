"""Copies that are asked for at the same moment."""

from concurrent.futures import ThreadPoolExecutor

from speechsmith.domain.errors import Invalid
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
