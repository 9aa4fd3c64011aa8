"""``vedette demo``: the whole story on this machine, in under a minute."""

from __future__ import annotations

import click


@click.command()
@click.option("--exit", "ends", is_flag=True, help="End after the story.")
def demo(ends: bool) -> None:
    """A network and four computers on this machine tell the whole story, then go on until interrupted."""
    from vedette.demo.story import tell

    tell(leave_running=not ends)
