"""``harness engine``: the user's servers themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from harness.cli._common import KEPT, UNUSABLE
from harness.cli._running import servers_of
from harness.engines import Address, EngineFailure
from harness.engines.servers import servers
from harness.run.opinions import connected

OLD = 6.0
"""Hours after which a place of ours is taken to be left over."""


@click.group()
def command() -> None:
    """See which servers rules can be run on, and take away what a run left there."""


@command.command("list")
def listed() -> int:
    """List the kinds of server, their languages and how to log in."""
    for server in servers().values():
        click.echo(f"{server.name:16} {server.title}: {', '.join(server.languages)}")
        click.echo(f"{'':16} credentials: {server.credentials}")
    return KEPT


@command.command()
@click.argument("named", nargs=-1, required=True, metavar="NAME=URL...")
@click.option(
    "--older-than",
    "hours",
    default=OLD,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Hours since a place was made; runs of others may be using younger ones.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
def clean(named: tuple[str, ...], hours: float, dry_run: bool) -> int:
    """Remove the temporary indices and tables that a power cut or a kill left on servers.

    Only what bears our own form of name is looked at, and removed once it is old enough.
    """
    codes = [_cleaned(address, timedelta(hours=hours), dry_run) for address in servers_of(named)]
    return max(codes)


def _cleaned(address: Address, age: timedelta, dry_run: bool) -> int:
    """Clean one server as far as it goes; return the exit code."""
    try:
        connection = connected(address)
        found = connection.leftovers()
    except EngineFailure as error:
        click.echo(f"{address.name}: {error}", err=True)
        return UNUSABLE
    old = [one for one in found if datetime.now(UTC) - one.made >= age]
    staying = 0
    for one in old:
        try:
            if not dry_run:
                connection.remove(one.name)
        except EngineFailure as error:
            staying += 1
            click.echo(f"{address.name}: {one.name} stays: {error}", err=True)
        else:
            click.echo(f"{address.name}: {'would remove' if dry_run else 'removed'} {one.name}")
    hours = age / timedelta(hours=1)
    younger = len(found) - len(old)
    click.echo(f"{address.name}: {len(old)} left over, {younger} younger than {hours:g} hours")
    return UNUSABLE if staying else KEPT
