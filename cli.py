"""docstage on the command line: parse, ask the engine, print. The commands stand in `engine/terminal/`, imported when they are run."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from engine import __version__
from engine.errors import EngineError
from engine.terminal.command import Group, group
from engine.terminal.language import t
from engine.terminal.session import Session

COMMANDS = {
    "init": "workspace:init",
    "demo": "workspace:demo",
    "doctor": "workspace:doctor",
    "fields": "templates:fields",
    "template": "templates:template",
    "import": "orders:import_",
    "order": "orders:order",
    "rule": "orders:rule",
    "generate": "documents:generate",
    "document": "documents:document",
    "search": "search:search",
    "index": "search:index",
    "config": "workspace:config",
    "completion": "workspace:completion",
}


def _cli() -> Group:
    root = group("docstage", "docstage", {name: f"engine.terminal.{place}" for name, place in COMMANDS.items()})
    return click.version_option(__version__, prog_name="docstage", help=t("option.version"))(root)


cli = _cli()


def main() -> None:
    """Run one command and end with its exit status; whatever fails is said in one sentence, never as a traceback."""
    session = Session()
    status = _run(session)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)


def _run(session: Session) -> int:
    try:
        cli.main(standalone_mode=False, obj=session, prog_name="docstage")
    except EngineError as error:
        session.exit_status = 0
        session.fail(error)
    except click.UsageError as error:
        return _usage(session, error)
    except click.exceptions.Exit as request:
        return request.exit_code
    except (KeyboardInterrupt, click.Abort):
        session.failed({"code": "interrupted", "message": t("terminal.interrupted")}, 130)
    except BrokenPipeError:
        return 0
    except Exception as error:  # the last door: a person gets a sentence, the traceback goes to a file
        log = import_module("engine.terminal.crash").kept(error)
        session.failed({"code": "engine-error", "message": t("terminal.crash", log=log, error=type(error).__name__)}, 1)
    else:
        return session.exit_status
    if session.is_machine:
        session.result(None)
    return session.exit_status


def _usage(session: Session, error: click.UsageError) -> int:
    """Wrong use: click's own words, as JSON where JSON was asked for."""
    session.is_json = session.is_machine or "--json" in sys.argv  # the error may stand before it
    if session.is_json:
        session.errors.append({"code": "usage", "message": error.format_message()})
        session.result(None)
    else:
        error.show()
    return error.exit_code


if __name__ == "__main__":
    main()
