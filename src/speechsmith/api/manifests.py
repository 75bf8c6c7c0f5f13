"""Handlers of manifests."""

from speechsmith.api import generic, views
from speechsmith.api.call import Answer, Call, Handler
from speechsmith.api.downloads import model_file_path
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.services import manifests


def getter(kind: type[BaseModel] | type[CustomModel]) -> Handler:
    """GET of a manifest; its links need no key and end by themselves."""

    def handle(call: Call) -> Answer:
        lifetime = generic.link_lifetime(call)
        found = manifests.manifest(call.ctx, call.resource.id, kind, call.id)
        files = [
            {"name": name, "contentUrl": views.link(call, model_file_path(found.model.id, name), lifetime)}
            for name in found.names
        ]
        model = views.reference(call, kind, found.model.id)
        return Answer(200, {"model": model, "modelFiles": files, "properties": found.properties})

    return handle
