"""``vedette agent run``: the endpoint at work."""

from __future__ import annotations

import click

from vedette.cli.context import Invocation


@click.group()
def agent() -> None:
    """The program that collects, sends and protects."""


@agent.command()
@click.option("--once", is_flag=True, help="Do one full round, then end.")
@click.pass_obj
def run(invocation: Invocation, once: bool) -> None:
    """Collect, send and protect, as far as each is switched on."""
    from vedette.agent.run import run_forever, run_once

    if once:
        run_once(invocation.computer)
    else:
        run_forever(invocation.computer)
