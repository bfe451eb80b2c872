"""Heston's stochastic-volatility model (1993): prices, implied volatilities and calibration of whole chains.

Under the forward measure dF = F sqrt(v) dW, dv = kappa (theta - v) dt + sigma sqrt(v) dZ, d<W, Z> = rho dt.
Times are years of 365 days; variances and rates are per year.
"""

from pyvault.pricing.heston.calibration import LOWER, UPPER, HestonFit, calibrate
from pyvault.pricing.heston.parameters import HestonParameters
from pyvault.pricing.heston.prices import implied_vol, price

__all__ = ["LOWER", "UPPER", "HestonFit", "HestonParameters", "calibrate", "implied_vol", "price"]
