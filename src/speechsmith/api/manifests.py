"""Handlers of manifests."""

from urllib.parse import quote

from speechsmith.api import generic, views
from speechsmith.api.call import Answer, Call, Handler
from speechsmith.api.downloads import model_file_path
from speechsmith.domain.models import BaseModel, CustomModel
from speechsmith.services import manifests


def getter(kind: type[BaseModel] | type[CustomModel]) -> Handler:
    """GET of a manifest; its links need no key and end by themselves."""

    def handle(call: Call) -> Answer:
        ends = (call.ctx.now() + generic.link_lifetime(call)).timestamp()
        found = manifests.manifest(call.ctx, call.resource.id, kind, call.id)
        paths = {name: model_file_path(found.model.id, name) for name in found.names}
        files = [
            {"name": name, "contentUrl": f"{call.root}{quote(path)}?{call.signer.sign(path, ends)}"}
            for name, path in paths.items()
        ]
        model = views.reference(call, kind, found.model.id)
        return Answer(200, {"model": model, "modelFiles": files, "properties": found.properties})

    return handle
