"""Kubernetes clusters: questions answered from their APIs, and exactly our own changes made there."""

from bot.adapters.kubernetes.cluster import Cluster
from bot.adapters.kubernetes.clusters import Clusters
from bot.adapters.kubernetes.connection import Connection
from bot.adapters.kubernetes.health import Health
from bot.adapters.kubernetes.watching import Watching

__all__ = ["Cluster", "Clusters", "Connection", "Health", "Watching"]
