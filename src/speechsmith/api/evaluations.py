"""Handlers of evaluations."""

from speechsmith.api import generic
from speechsmith.api.call import Answer, Call
from speechsmith.api.references import id_of
from speechsmith.services import evaluations


def create(call: Call) -> Answer:
    """Evaluations_Create."""
    body = call.body
    new = evaluations.NewEvaluation(
        labels=generic.labels_of(body),
        model1_id=id_of(body.model1, "models", target="model1"),
        model2_id=id_of(body.model2, "models", target="model2"),
        dataset_id=id_of(body.dataset, "datasets", target="dataset"),
    )
    return generic.shown(call, evaluations.create(call.ctx, call.resource.id, new), status=201)
