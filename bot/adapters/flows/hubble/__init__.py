"""Flows as a Hubble Relay tells them: Cilium, AKS with Advanced Container Networking Services, Retina."""

from bot.adapters.flows.hubble.connection import Relay
from bot.adapters.flows.hubble.source import Hubble

__all__ = ["Hubble", "Relay"]
