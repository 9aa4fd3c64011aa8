"""``vedette join``, ``vedette consent`` and ``vedette protection``: this computer's membership and its switches."""

from __future__ import annotations

import sys

import click

from vedette.cli.context import Invocation, as_json, moment, print_json, shown
from vedette.errors import ConsentMissing, NotJoined

_TIERS = ["basic", "additional"]


@click.command()
@click.argument("join_string", metavar="JOIN")
@as_json
@click.pass_obj
def join(invocation: Invocation, join_string: str, as_json: bool) -> None:
    """Store the network's join string. Nothing is sent."""
    joined = invocation.computer.membership.join(join_string)
    if as_json:
        print_json(
            {"address": joined.address, "controller": joined.controller, "contact": joined.contact}
        )
        return
    click.echo(f"Joined {shown(joined.controller)} at {shown(joined.address)}. Nothing was sent.")
    click.echo(
        "Read what may be reported with `vedette consent show`; be protected with `vedette protection on`."
    )


@click.group()
def consent() -> None:
    """Show, give and take back the consent to report."""


@consent.command()
@as_json
@click.pass_obj
def show(invocation: Invocation, as_json: bool) -> None:
    """The statement in full, and what is agreed to now."""
    from vedette.statement.clauses import Wording
    from vedette.statement.terms import current

    membership = invocation.computer.membership
    consented, terms, wording = membership.consent(), current(), Wording.load()
    standing = membership.identity.standing
    state = {
        "tiers": sorted(consented.tiers),
        "receipt": consented.receipt_id or None,
        "install": consented.install or None,
        "since": consented.receipt.time.isoformat() if consented.receipt else None,
        "announced": membership.announced,
        "turned_away": standing.reason if standing else None,
        "protection": invocation.computer.switch.on,
        "terms": terms.digest,
        "terms_agreed": consented.terms.digest if consented.tiers else None,
        "wording": wording.digest,
    }
    if as_json:
        print_json(state)
        return
    controller, contact = _controller(invocation)
    click.echo(wording.text(controller, contact))
    click.echo(f"Agreed to now: {', '.join(sorted(consented.tiers)) or 'nothing'}")
    if consented.receipt:
        click.echo(f"Since: {moment(consented.receipt.time)}, receipt {consented.receipt_id}")
        click.echo(
            f"The network has acknowledged this: {'yes' if membership.announced else 'not yet'}"
        )
    if standing:
        click.echo(
            f"The network turned this computer away: {standing.reason}. Join it again to report."
        )
    click.echo(f"Protection: {'on' if invocation.computer.switch.on else 'off'}")
    click.echo(f"Terms: {terms.digest}")


@consent.command()
@click.argument("tier", type=click.Choice(_TIERS))
@click.option(
    "--accept",
    metavar="TERMS",
    help="The digest of the terms, as `vedette consent show` prints it.",
)
@as_json
@click.pass_obj
def grant(invocation: Invocation, tier: str, accept: str | None, as_json: bool) -> None:
    """Agree to report the items of TIER."""
    from vedette.statement.clauses import Tier
    from vedette.statement.consent import GrantedBy

    controller, contact = _controller(invocation)
    if accept is None:
        accept = _asked(tier, controller, contact)
    membership = invocation.computer.membership
    receipt = membership.grant(Tier(tier), accept, GrantedBy.PERSON)
    if as_json:
        print_json(
            {"tiers": list(receipt.tiers), "receipt": receipt.id, "announced": membership.announced}
        )
        return
    click.echo(f"Agreed to: {', '.join(receipt.tiers)}. Receipt {receipt.id}.")
    if not membership.announced:
        click.echo("The network could not be told yet; the agent goes on trying.")


@consent.command()
@click.argument("tier", type=click.Choice(["additional"]), required=False)
@as_json
@click.pass_obj
def withdraw(invocation: Invocation, tier: str | None, as_json: bool) -> None:
    """End the consent: all of it, or the additional tier alone. Sending stops at once."""
    from vedette.statement.clauses import Tier
    from vedette.statement.consent import GrantedBy

    membership = invocation.computer.membership
    receipt = membership.withdraw(Tier(tier) if tier else Tier.BASIC, GrantedBy.PERSON)
    if as_json:
        print_json(
            {"tiers": list(receipt.tiers), "receipt": receipt.id, "announced": membership.announced}
        )
        return
    click.echo(f"Withdrawn. Agreed to now: {', '.join(receipt.tiers) or 'nothing'}.")
    if not membership.announced:
        click.echo("The network could not be told yet; the agent goes on trying.")


@click.command()
@click.argument("state", type=click.Choice(["on", "off"]))
@as_json
@click.pass_obj
def protection(invocation: Invocation, state: str, as_json: bool) -> None:
    """Receive the network's verdicts, or stop. Needs no consent: it reports nothing."""
    switch = invocation.computer.switch
    if state == "on":
        switch.turn_on()
    else:
        switch.turn_off()
    if as_json:
        print_json({"protection": switch.on})
    else:
        click.echo(f"Protection is {state}.")


def _controller(invocation: Invocation) -> tuple[str, str]:
    """Who answers for the data, as the join string says."""
    try:
        joined = invocation.computer.network.join
    except NotJoined:
        return "the operator of the network you join", "the operator of the network you join"
    return shown(joined.controller), shown(joined.contact)


def _asked(tier: str, controller: str, contact: str) -> str:
    """Shows the statement and asks; returns the digest of the terms that were accepted."""
    from vedette.statement.clauses import Wording
    from vedette.statement.terms import current

    terms = current()
    if not sys.stdin.isatty():
        raise ConsentMissing(
            "nobody is here to read the statement",
            f"read `vedette consent show`, then give its digest: --accept {terms.digest[:8]}…",
        )
    click.echo_via_pager(Wording.load().text(controller, contact))
    click.confirm(f"Do you agree to the items of the {tier} tier being reported?", abort=True)
    return terms.digest
