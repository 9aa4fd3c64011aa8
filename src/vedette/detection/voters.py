"""Who votes, as the registry knows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from vedette.detection.decisions import Voters
from vedette.detection.votes import Voter
from vedette.store.registry import Registry


def registered(registry: Registry) -> Voters:
    """The voters among the installs in ``registry``: all that are neither revoked nor erased."""

    def voters(numbers: Collection[int]) -> Mapping[int, Voter]:
        return {
            install.number: Voter(install.organisation, install.token, install.prefix_hash)
            for install in registry.numbered(numbers)
            if install.revoked is None
        }

    return voters
