"""Handlers of models."""

from speechsmith.api import generic
from speechsmith.api.call import Answer, Call
from speechsmith.api.references import id_of, optional_id
from speechsmith.services import models


def create(call: Call) -> Answer:
    """Models_Create."""
    body = call.body
    new = models.NewModel(
        labels=generic.labels_of(body),
        base_model_id=optional_id(body.base_model, "models", target="baseModel"),
        dataset_ids=tuple(id_of(dataset, "datasets", target="datasets") for dataset in body.datasets or ()),
        text=body.text,
        weight_percent=body.properties and body.properties.custom_model_weight_percent,
    )
    return generic.shown(call, models.create(call.ctx, call.resource.id, new), status=201)


def rebase(call: Call) -> Answer:
    """Models_Rebase."""
    body = call.body
    wish = models.Rebase(
        base_model_id=optional_id(body.base_model, "models", target="baseModel"),
        dataset_id=optional_id(body.dataset, "datasets", target="dataset"),
        display_name=body.display_name or "",
    )
    return generic.shown(call, models.rebase(call.ctx, call.resource.id, call.id, wish), status=201)
