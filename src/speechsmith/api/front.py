"""The front page: what somebody sees who opens the address of the service without a key.

It says what this is and where to go on, and nothing that differs from one installation to the next but the address that
the client itself has used. It loads nothing and runs nothing; its policy allows the one style by its digest.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from speechsmith.api.call import VERSIONS
from speechsmith.api.errors import json_response

_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 3rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; }
pre { padding: 1rem; overflow-x: auto; border: 1px solid; border-radius: .5rem; }
dt { font-weight: 600; margin-top: .5rem; }
dd { margin-left: 0; }
"""
_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Speechsmith</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>Speechsmith</h1>
<p>A Custom Speech service: train, test, deploy and run speech recognition for your own words.</p>
<h2>Addresses</h2>
<dl>
<dt>Studio, in the browser</dt>
<dd><a href="/studio/">{root}/studio/</a></dd>
<dt>REST API</dt>
{bases}
<dt>OpenAPI</dt>
{documents}
<dt>Is it well?</dt>
<dd><a href="/healthz">{root}/healthz</a></dd>
</dl>
<p>The API needs the key of a Speech resource, in the header <code>Ocp-Apim-Subscription-Key</code>.
Whoever runs this service can make one: <code>speechsmith resource create --help</code>.</p>
<h2>First commands</h2>
<pre><code>{commands}</code></pre>
<p><code>spx help</code> explains every other.</p>
</main>
</body>
</html>
"""
_COMMANDS = """\
export SPEECHSMITH_ENDPOINT={root} SPEECHSMITH_KEY=...

spx csr project create --api-version v3.2 --name "My Project" --language en-US --output id @@project
spx csr dataset upload --api-version v3.2 --project @project --kind Acoustic --name "Test" --data test.zip \\
    --language en-US --output id @@test --wait
spx csr dataset upload --api-version v3.2 --project @project --kind Language --name "Words" --data sentences.txt \\
    --language en-US --output id @@words --wait"""
_DOCUMENT = '<dd><a href="/openapi/{name}.json">{root}/openapi/{name}.json</a></dd>'
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"sandbox; default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Vary": "Accept",
}


def page(root: Callable[[Request], str]) -> Callable[[Request], Awaitable[Response]]:
    """GET /: a page for people; JSON for who asks for that. `root` tells how the client reaches the service."""

    async def endpoint(request: Request) -> Response:
        address = root(request)
        bases = {version.name: f"{address}/speechtotext/{version.name}" for version in VERSIONS}
        wanted = request.headers.get("accept", "").lower()
        if "application/json" in wanted and "text/html" not in wanted:
            documents = {f"openapi {name}": f"{address}/openapi/{name}.json" for name in bases}
            links = {"studio": f"{address}/studio/", "health": f"{address}/healthz", **bases, **documents}
            return json_response(200, {"name": "Speechsmith", "links": links}, {"Vary": "Accept"})
        shown = _HTML.format(
            style=_STYLE,
            root=escape(address),
            documents="\n".join(_DOCUMENT.format(name=name, root=escape(address)) for name in bases),
            bases="\n".join(f"<dd><code>{escape(base)}</code></dd>" for base in bases.values()),
            commands=escape(_COMMANDS.format(root=address)),
        )
        return HTMLResponse(shown, headers=_HEADERS)

    return endpoint
