"""The simulator as one aiohttp application: Notify's doors, the phones' pages and the control interface."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from aiohttp import web

from simulator import control, gp_pages
from simulator.govuk import routes as govuk
from simulator.phones import pages
from simulator.world import WORLD, Options, World

STATIC = Path(__file__).parent / "phones" / "static"
MAX_BODY_BYTES = 1_000_000

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def no_strangers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """There is no log-in here, so a page of another site must not be able to press our buttons from the same browser."""
    if request.method not in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return web.Response(status=403, text="Refused: this request comes from another site.")
    return await handler(request)


async def _life(app: web.Application) -> AsyncIterator[None]:
    world = app[WORLD]
    await world.start()
    yield
    await world.stop()


def build(options: Options) -> web.Application:
    """The application; its World starts and stops with it."""
    app = web.Application(
        middlewares=[no_strangers, govuk.notify_errors, control.refusals], client_max_size=MAX_BODY_BYTES
    )
    app[WORLD] = World(options)
    app[pages.STREAMS] = set()
    app.add_routes(govuk.routes)
    app.add_routes(control.routes)
    app.add_routes(pages.routes)
    app.add_routes(gp_pages.routes)
    app.router.add_static("/static/", STATIC)
    app.cleanup_ctx.append(_life)
    app.on_shutdown.append(pages.end_streams)
    return app
