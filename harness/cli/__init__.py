"""The command line. One file a command; listing this folder is the registry."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from importlib.resources import files
from keyword import iskeyword
from pkgutil import iter_modules
from typing import Any

import click

import harness
from harness.cli._common import INTERNAL, UNUSABLE, fail
from harness.errors import Diagnostic, HarnessError, InvalidInput
from harness.source import QuerySyntaxError, Unsupported

ISSUES = "report it with the command and the rule, as CONTRIBUTING.md says"


class _Commands(click.Group):
    """Commands found by listing this folder, imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        names = (info.name for info in iter_modules(__path__) if info.name[0] != "_")
        return sorted(name.removesuffix("_") for name in names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{__name__}.{_module(cmd_name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, _summary(name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _module(name: str) -> str:
    """Return the file of a command; a word of Python's own has an underscore behind it."""
    return f"{name}_" if iskeyword(name) else name


def _summary(name: str) -> str:
    """Return the first sentence about a command, read from its file without importing it."""
    text = files(__name__).joinpath(f"{_module(name)}.py").read_text("utf-8")
    functions = (one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef))
    docstring = next((ast.get_docstring(one) for one in functions if one.name == "command"), "")
    return " ".join((docstring or "").split("\n\n")[0].split())


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(harness.__version__, prog_name="harness")
def cli() -> None:
    """Find the translations of a detection rule that are wrong, on which event, and why.

    Exit codes: 0 every promise kept, 1 findings, 2 the input cannot be used, 3 internal error.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; no traceback reaches a user."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        result: Any = cli.main(args=arguments, prog_name="harness", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        return UNUSABLE
    except click.ClickException as error:
        error.show()
        return UNUSABLE
    except InvalidInput as error:
        fail(error.diagnostics)
        return UNUSABLE
    except (QuerySyntaxError, Unsupported) as error:
        click.echo(str(error), err=True)
        return UNUSABLE
    except BrokenPipeError:
        sys.stderr.close()
        return UNUSABLE
    except OSError as error:
        place = str(error.filename or "")[:200]
        fail([Diagnostic(code="unusable", message=str(error.strerror or error), place=place)])
        return UNUSABLE
    except (HarnessError, Exception) as error:  # noqa: BLE001 - the last line of defence
        click.echo(f"internal error: {type(error).__name__}: {error}", err=True)
        click.echo(f"  this is a bug of the harness; {ISSUES}", err=True)
        return INTERNAL
    return result if isinstance(result, int) else 0
