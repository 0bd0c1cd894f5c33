"""The long-running parts, each on its own: any number of them on any number of hosts against one PostgreSQL."""

import socket

import typer


def register(app: typer.Typer) -> None:
    app.command()(web)
    app.command()(worker)
    app.command()(dispatch)


def web(host: str = "127.0.0.1", port: int = 8000, fd: int | None = None) -> None:
    """Serve pages, live streams and machine doors. With --fd the listening socket is inherited from the parent."""
    from onedoor.cli.environment import environment

    with environment(django=False):
        import uvicorn

        config = uvicorn.Config(
            "onedoor.config.asgi:application",
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            access_log=False,
            server_header=False,
            log_config=None,  # our own logging scrubs; uvicorn's would print whatever an exception says
            timeout_graceful_shutdown=3,  # streams stay open for ever: without a limit a stop waits for them (stack-spike.md 3)
            backlog=1024,
        )
        uvicorn.Server(config).run(sockets=None if fd is None else [socket.socket(fileno=fd)])


def worker() -> None:
    """Run background jobs and ticks."""
    from onedoor.cli.environment import environment

    with environment():
        from django.conf import settings

        from onedoor.kernel import jobs, memory

        if settings.DEMONSTRATION:
            from onedoor.cli import demo_history

            demo_history.register()
        memory.settle()
        jobs.run_worker()


def dispatch() -> None:
    """Send queued messages."""
    from onedoor.cli.environment import environment

    with environment():
        from onedoor.kernel import memory
        from onedoor.messaging import api

        memory.settle()
        api.run_dispatcher()
