"""``vedette why``: what the network says of a file, and what became of it here."""

from __future__ import annotations

import click

from vedette.cli.context import Invocation, as_json, moment, print_json, shown


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, resolve_path=True))
@as_json
@click.pass_obj
def why(invocation: Invocation, path: str, as_json: bool) -> None:
    """Explain what protection decides about the file at PATH, and why."""
    from vedette.clock import from_micros
    from vedette.endpoint.hashing import opened
    from vedette.host.linux.packages import immunity

    computer = invocation.computer
    with opened(path) as descriptor:
        sha256 = computer.hashes.of(descriptor).sha256
    verdict = computer.verdicts.find(sha256)
    immune = immunity(path)
    refusals = computer.verdicts.refusals.last(sha256.hex(), limit=20)
    if as_json:
        print_json(
            {
                "sha256": sha256,
                "verdict": verdict.verdict if verdict else None,
                "score": verdict.score if verdict else None,
                "serial": verdict.serial if verdict else None,
                "expires": from_micros(verdict.expires).isoformat() if verdict else None,
                "evidence": [[e.kind, e.text, e.weight] for e in verdict.evidence]
                if verdict
                else [],
                "immune": immune,
                "protection": computer.switch.on,
                "refusals": [[r.outcome, r.last.isoformat(), r.times] for r in refusals],
            }
        )
        return
    click.echo(f"SHA-256 {sha256.hex()}")
    if verdict is None:
        click.echo("The network says nothing about it.")
    else:
        click.echo(
            f"{verdict.verdict}, score {verdict.score:.2f}, until {moment(from_micros(verdict.expires))}"
        )
        for evidence in verdict.evidence:
            click.echo(f"  {shown(evidence.text)}")
    if immune:
        click.echo(f"It is never refused on this computer: {immune}.")
    for refusal in refusals:
        click.echo(f"{refusal.outcome}: {refusal.times} time(s), last {moment(refusal.last)}")
    if not computer.switch.on:
        click.echo("Protection is off.")
