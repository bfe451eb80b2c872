"""Simulation: paths of prices, agents, and one event loop over the whole suite on either backend."""

from __future__ import annotations

from pyvault.sim.agents import ExpiryKeeper, FeedPublisher, MarketKeeper, SurfacePoster
from pyvault.sim.conservation import conservation
from pyvault.sim.loop import EventLoop
from pyvault.sim.paths import FileReplay, Gbm
from pyvault.sim.protocols import Agent, Engine, Entry, Holding, Order, Port, PricePath, Run
from pyvault.sim.streams import Process, stream
from pyvault.sim.takers import InformedTaker, PoissonTaker

__all__ = [
    "Agent",
    "Engine",
    "Entry",
    "EventLoop",
    "ExpiryKeeper",
    "FeedPublisher",
    "FileReplay",
    "Gbm",
    "Holding",
    "InformedTaker",
    "MarketKeeper",
    "Order",
    "PoissonTaker",
    "Port",
    "PricePath",
    "Process",
    "Run",
    "SurfacePoster",
    "conservation",
    "stream",
]
