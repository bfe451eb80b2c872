"""Simulation: paths of prices, agents, and one event loop over the whole suite on either backend."""

from __future__ import annotations

from pyvault.sim.agents import ExpiryKeeper, FeedPublisher, InformedTaker, PoissonTaker, SurfacePoster
from pyvault.sim.loop import EventLoop
from pyvault.sim.paths import FileReplay, Gbm
from pyvault.sim.protocols import Agent, Engine, Entry, Intent, Port, PricePath, Run
from pyvault.sim.streams import Process, stream

__all__ = [
    "Agent",
    "Engine",
    "Entry",
    "EventLoop",
    "ExpiryKeeper",
    "FeedPublisher",
    "FileReplay",
    "Gbm",
    "InformedTaker",
    "Intent",
    "PoissonTaker",
    "Port",
    "PricePath",
    "Process",
    "Run",
    "SurfacePoster",
    "stream",
]
