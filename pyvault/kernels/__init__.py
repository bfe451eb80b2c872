"""Scalar formulas, compiled: floats in, floats or a tuple out; no arrays, no objects, no other imports.

Every formula of pyvault that runs in floating point exists once, here. Array faces (`pricing`, `risk`) and
lane faces (`sim`) loop over these functions; the integer twins of the contracts live in `pyvault.exact`.
"""
