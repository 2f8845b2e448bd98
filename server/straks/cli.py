"""The command line."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer

from straks import __version__
from straks.command import Data as _Data
from straks.command import DatabaseAddress as _DatabaseOption
from straks.command import run as _run
from straks.config import PREFIX, Settings, SettingsError, load_settings, unknown_variables
from straks.errors import StartError, StraksError
from straks.keys import apps
from straks.memory import settle
from straks.telemetry import configure_logs

if TYPE_CHECKING:
    from straks.accounts.service import Accounts
    from straks.app import Straks

__all__ = ["main"]

_COLLECT_AFTER = 20_000
"""New objects after which cycles are looked for: what a batch needs has mostly gone by then."""
_FAILED = 1
_MISUSED = 2
_DEMO_EMAIL = "demo@straks.example"
_DEMO_NAME = "Robin"
_DEMO_SITE = "Nordlys Lamper"

app = typer.Typer(
    name="straks",
    help="Live chat that answers at once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
agent = typer.Typer(help="Accounts of agents.", no_args_is_help=True)
answers = typer.Typer(help="Canned answers.", no_args_is_help=True)
app.add_typer(agent, name="agent")
app.add_typer(apps, name="app")
app.add_typer(answers, name="answers")


def main() -> None:
    """Run the command line; the one place where a mistake becomes an exit code."""
    # What we write is what people wrote to each other: nobody else on the machine reads it.
    os.umask(0o077)
    try:
        app()
    except SettingsError as error:
        _end(error, _MISUSED)
    except StraksError as error:
        _end(error, _FAILED)
    except KeyboardInterrupt:
        sys.exit(130)


def _end(error: StraksError, code: int) -> NoReturn:
    typer.echo(f"straks: {error}", err=True)
    sys.exit(code)


def _with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option per setting; the settings check them all alike."""

    @wraps(command)
    def filled(**given: Any) -> None:
        options = {name: given.pop(name) for name in Settings.model_fields}
        command(load_settings(**options), **given)

    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    shared = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                str | None,
                typer.Option(
                    f"--{name.replace('_', '-')}",
                    help=f"{field.description} [{PREFIX}{name.upper()}]",
                    show_default=False,
                    metavar="TEXT",
                ),
            ],
        )
        for name, field in Settings.model_fields.items()
    ]
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own] + shared
    filled.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer asks for it
    filled.__annotations__ = {p.name: p.annotation for p in parameters}
    return filled


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"straks {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Live chat that answers at once."""


@app.command()
@_with_settings
def serve(settings: Settings) -> None:
    """Run the server."""
    _prepare(settings)
    _run(_serve(settings))


@app.command()
@_with_settings
def demo(
    settings: Settings,
    shop_port: Annotated[int, typer.Option(help="Port of the demo shop.", min=0, max=65535)] = 8081,
) -> None:
    """Run the server and a demo shop that uses it."""
    from straks.demo import answers_folder

    shop = {"answers": answers_folder(), "site_name": _DEMO_SITE}
    unset = {name: value for name, value in shop.items() if name not in settings.model_fields_set}
    settings = settings.model_copy(update=unset)
    _prepare(settings)
    _run(_demo(settings, shop_port))


@app.command()
@_with_settings
def migrate(settings: Settings) -> None:
    """Bring the records to this release, once, before its servers start."""
    from straks.storage import migrate as run

    before, after = _run(run(settings))
    if before == after:
        typer.echo(f"The records are at revision {after} already.")
    else:
        typer.echo(f"The records are at revision {after} now (before: {before or 'empty'}).")


@app.command("export")
@_with_settings
def export(
    settings: Settings,
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
) -> None:
    """Write everything to a file, to move house. No server may run."""
    from straks.moving.leaving import export_all

    counts = _run(export_all(settings, file, _tell))
    typer.echo(f"{file} holds everything: {counts}. It holds secrets too: keep it safe.")


@app.command("import")
@_with_settings
def import_(
    settings: Settings,
    file: Annotated[Path, typer.Argument(help="The file that an export wrote.")],
) -> None:
    """Fill an empty place with what an export wrote. No server may run."""
    from straks.moving.arriving import import_all

    counts = _run(import_all(settings, file, _tell))
    typer.echo(f"Everything is there, and the same: {counts}.")


@agent.command("add")
def agent_add(
    email: Annotated[str, typer.Argument(help="The agent's e-mail address.")],
    name: Annotated[str, typer.Option(help="The name that visitors see.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data: _Data = None,
    database: _DatabaseOption = None,
) -> None:
    """Make an agent's account."""
    settings = load_settings(data=data, database=database)
    password = _ask_password(password_stdin)

    async def add(accounts: Accounts) -> None:
        made = await accounts.add_agent(email, name, password)
        typer.echo(f"{made.name} <{made.email}> can sign in now.")

    _run(_with_accounts(settings, add))


@agent.command("password")
def agent_password(
    email: Annotated[str, typer.Argument(help="The agent's e-mail address.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    data: _Data = None,
    database: _DatabaseOption = None,
) -> None:
    """Change an agent's password, which signs them out everywhere."""
    settings = load_settings(data=data, database=database)
    password = _ask_password(password_stdin)

    async def change(accounts: Accounts) -> None:
        await accounts.set_password(email, password)
        typer.echo(f"{email} has a new password, and is signed out everywhere.")

    _run(_with_accounts(settings, change))


@answers.command("check")
def answers_check(
    folder: Annotated[Path, typer.Argument(help="Folder of answer files.")],
    variables: Annotated[
        Path | None, typer.Option(help="The file that --answer-variables names for the server.")
    ] = None,
) -> None:
    """Find what is wrong in a folder of answer files."""
    from straks.answers.business import Business
    from straks.answers.files import AnswerBook
    from straks.answers.validity import today
    from straks.clock import SystemClock

    book = AnswerBook.load(folder)
    # Without the file nobody knows what is in it.
    book = book if variables is None else Business.load(variables).settled(book)
    for error in book.errors:
        typer.echo(str(error), err=True)
    typer.echo(f"{len(book.answers)} answers, {len(book.errors)} mistakes.")
    resting = len(book.answers) - len(book.valid_on(today(SystemClock())).answers)
    if resting:
        typer.echo(f"{resting} of the answers do not hold today.")
    if book.errors:
        sys.exit(_FAILED)


@answers.command("ask")
def answers_ask(
    folder: Annotated[Path, typer.Argument(help="Folder of answer files.")],
    question: Annotated[str, typer.Argument(help="What a visitor might type.")],
    lang: Annotated[str | None, typer.Option(help="The visitor's language.")] = None,
) -> None:
    """Tell which answer a question gets, and by which phrase."""
    from straks.answers.explaining import explained

    for line in explained(folder, question, lang):
        typer.echo(line)


@answers.command("export")
def answers_export(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; made if there is none.")],
    force: Annotated[bool, typer.Option("--force", help="Write over other versions.")] = False,
    data: _Data = None,
    database: _DatabaseOption = None,
) -> None:
    """Write the answers of the console into a folder of answer files."""
    from straks.answers.export import export_files
    from straks.records.answer_files import AnswerFileRecords
    from straks.storage import open_records

    async def export() -> int:
        async with open_records(load_settings(data=data, database=database)) as records:
            rows = await AnswerFileRecords(records).read_all()
            return await asyncio.to_thread(export_files, rows, folder, force=force)

    typer.echo(f"{_run(export())} answers of the console are in {folder}.")


def _tell(progress: str) -> None:
    typer.echo(progress, err=True)


async def _serve(settings: Settings) -> None:
    from straks.app import open_straks

    async with open_straks(settings) as straks:
        settle()
        gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])
        await straks.run(lambda: _show(_addresses(straks)))


async def _demo(settings: Settings, shop_port: int) -> None:
    from straks.app import open_straks
    from straks.demo import shop_app
    from straks.edge.side import SideServer

    async with open_straks(settings) as straks:
        with SideServer(
            cast("Any", shop_app(f"{straks.url}/widget.js")), settings.host, shop_port
        ) as shop:
            known = await straks.accounts.find(_DEMO_EMAIL)
            agent = known or await straks.accounts.add_agent(_DEMO_EMAIL, _DEMO_NAME, None)
            link = await straks.sessions.make_link(agent.id)
            address = f"http://localhost:{shop.port}/"
            lines = {
                "Shop": address,
                "Sign in": f"{straks.url}/console/#link={link}  (works once, as {agent.name})",
                **_addresses(straks),
            }
            ready = asyncio.Event()

            def started() -> None:
                _show(lines)
                ready.set()

            async def beside() -> None:
                await asyncio.gather(shop.serve(), _browse(ready, address))

            await straks.run(started, beside=beside)


async def _browse(ready: asyncio.Event, address: str) -> None:
    """Open the shop for whoever started the demo at a screen."""
    await ready.wait()
    display = sys.platform == "darwin" or {"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys()
    if display and sys.stdout.isatty():
        import webbrowser

        await asyncio.to_thread(webbrowser.open, address)


def _addresses(straks: Straks) -> dict[str, str]:
    settings = straks.settings
    public = {"Help": f"{straks.url}/help/"} if settings.help_centre and settings.answers else {}
    return {
        "Console": f"{straks.url}/console/",
        **public,
        "Widget": f'<script async src="{straks.url}/widget.js"></script>',
        "Data": straks.storage,
    }


def _show(lines: Mapping[str, str]) -> None:
    """Print where everything is: plain lines, that a program can read as well."""
    width = max(len(name) for name in lines)
    typer.secho(f"Straks {__version__} is ready. Ctrl+C stops it.", bold=True)
    for name, text in lines.items():
        typer.echo(f"  {typer.style(name.ljust(width), fg='green')}  {text}")
    sys.stdout.flush()


def _prepare(settings: Settings) -> None:
    import structlog

    configure_logs(style=settings.log_format, level=settings.log_level)
    for name in unknown_variables(os.environ):
        structlog.get_logger(__name__).warning("this variable sets nothing", variable=name)


async def _with_accounts(settings: Settings, job: Callable[[Accounts], Awaitable[None]]) -> None:
    from straks.app import open_accounts

    async with open_accounts(settings) as accounts:
        await job(accounts)


def _ask_password(from_stdin: bool) -> str:
    if from_stdin:
        # One line, without its end: what a password manager or `printf` pipes in.
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise SettingsError("There is no terminal to ask for a password; use --password-stdin.")
    first: str = typer.prompt("Password", hide_input=True)
    if typer.prompt("Again", hide_input=True) != first:
        raise StartError("The two passwords differ; nothing was changed.")
    return first
