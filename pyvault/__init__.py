"""An options liquidity vault, and the laboratory for it."""

__version__ = "0.1.0"
