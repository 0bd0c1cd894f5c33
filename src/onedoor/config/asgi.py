"""The web process: machine doors and live streams native, every page through Django's WSGI handler on four threads.

Django's own ASGI handler is not used: it is slower by half and holds a database connection for each open stream
(stack-spike.md 3).
"""

from __future__ import annotations

from typing import Any, cast

from a2wsgi import WSGIMiddleware

from onedoor.config.wsgi import application as pages
from onedoor.gateway.asgi import Gateway

application = Gateway(WSGIMiddleware(cast(Any, pages), workers=4))
