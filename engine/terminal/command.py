"""Commands and groups as click sees them: the global options on every one, groups whose commands are imported when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

import click
from click.exceptions import NoSuchCommand

from engine.model import LANGUAGES
from engine.terminal.language import t
from engine.terminal.session import Session

Function = TypeVar("Function", bound=Callable[..., Any])
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def _remember(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """A callback that keeps a global option in the session, wherever on the line it stood."""

    def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value:
            setattr(context.ensure_object(Session), name, value)

    return callback


def _global_options() -> list[click.Parameter]:
    flags = {
        "json": ("is_json", ["--json"]),
        "ndjson": ("is_ndjson", ["--ndjson"]),
        "quiet": ("is_quiet", ["-q", "--quiet"]),
        "no_color": ("is_colourless", ["--no-color"]),
    }
    # Scripts give these everywhere; no command asks or has more to say yet, so there is nothing to remember.
    taken = {"verbose": ["-v", "--verbose"], "no_input": ["--no-input"], "yes": ["--yes"]}
    options: list[click.Parameter] = [
        click.Option(["-w", "--workspace"], metavar="DIR", expose_value=False, callback=_remember("workspace"), help=t("option.workspace")),
        click.Option(["--lang"], type=click.Choice(LANGUAGES), expose_value=False, help=t("option.lang")),
    ]
    options += [
        click.Option(spellings, is_flag=True, expose_value=False, callback=_remember(name), help=t(f"option.{key}"))
        for key, (name, spellings) in flags.items()
    ]
    options += [click.Option(spellings, is_flag=True, expose_value=False, help=t(f"option.{key}")) for key, spellings in taken.items()]
    return options


class Command(click.Command):
    """A command with the global options; its help stands in the catalogue under `help.<path>`."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **{"context_settings": CONTEXT, **settings})
        self.params += _global_options()

    def invoke(self, ctx: click.Context) -> Any:
        ctx.ensure_object(Session).command = " ".join(ctx.command_path.split()[1:])
        return super().invoke(ctx)


class Group(click.Group):
    """A group with the global options; `lazy` maps a name to `module:attribute`, imported when the command is run or described."""

    command_class = Command

    def __init__(self, *arguments: Any, lazy: Mapping[str, str] | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **{"context_settings": CONTEXT, **settings})
        self.params += _global_options()
        self._lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._lazy, *(name for name in super().list_commands(ctx) if name not in self._lazy)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._lazy[cmd_name].partition(":")
        found = getattr(import_module(module), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(f"{self._lazy[cmd_name]} is no command")
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as error:  # click suggests from the commands it has, and the lazy ones are not there yet
            raise NoSuchCommand(error.command_name, possibilities=self.list_commands(ctx), ctx=ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands from the catalogue alone, so that a page of help imports none of them."""
        path = ".".join([*ctx.command_path.split()[1:], ""])
        rows = [(name, t(f"help.{path}{name}").splitlines()[0]) for name in self.list_commands(ctx)]
        with formatter.section(t("help-page.commands")):
            formatter.write_dl(rows)


def group(name: str, path: str = "", lazy: Mapping[str, str] | None = None) -> Group:
    """A group named `name`; `path` is its key in the catalogue."""
    return Group(name, help=_help(path or name), lazy=lazy)


def command(owner: Group | None, path: str) -> Callable[[Function], Command]:
    """Make the decorated function the command with this dotted path: its last part is the name, its help stands under `help.<path>`."""

    def decorate(function: Function) -> Command:
        made = click.command(path.rpartition(".")[2], cls=Command, help=_help(path))(click.pass_obj(function))
        if owner is not None:
            owner.add_command(made)
        return made

    return decorate


def option(*spellings: str, **settings: Any) -> Callable[[Function], Function]:
    """An option whose help stands under `option.<name>`."""
    name = max((part for part in spellings if part.startswith("--")), key=len)[2:].partition("/")[0].replace("-", "_")
    return click.option(*spellings, help=t(f"option.{name}"), **settings)


def _help(path: str) -> str:
    """The page's text; the lines of examples are kept as they are."""
    return t(f"help.{path}").replace("\n\n", "\n\n\b\n", 1)
