"""The commands that make and end the API keys of apps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from straks.command import Data, DatabaseAddress, run
from straks.config import Settings, load_settings

if TYPE_CHECKING:
    from straks.accounts.apps import Apps

__all__ = ["apps"]

apps = typer.Typer(help="API keys of programs.", no_args_is_help=True)


@apps.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The app's name, e.g. helper.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="What it may do: message, answer, app:NAME:read, app:NAME:publish. One or more."
        ),
    ],
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """Make an API key, which is shown once."""

    async def made(keys: Apps) -> None:
        typer.echo(await keys.add(name, scope))
        typer.echo(f"This is the key of {name}. It is not shown again: keep it safe.", err=True)

    run(_with_apps(load_settings(data=data, database=database), made))


@apps.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The app's name.")],
    data: Data = None,
    database: DatabaseAddress = None,
) -> None:
    """End an API key, and within seconds what is connected with it."""

    async def ended(keys: Apps) -> None:
        await keys.remove(name)
        typer.echo(f"The key of {name} is no good any more.")

    run(_with_apps(load_settings(data=data, database=database), ended))


@apps.command("list")
def list_(data: Data = None, database: DatabaseAddress = None) -> None:
    """Name the apps, and what each may do."""

    async def shown(keys: Apps) -> None:
        for row in await keys.listed():
            typer.echo(f"{row.name}  {row.scopes}")

    run(_with_apps(load_settings(data=data, database=database), shown))


async def _with_apps(settings: Settings, job: Callable[[Apps], Awaitable[None]]) -> None:
    from straks.app import open_apps

    async with open_apps(settings) as keys:
        await job(keys)
