"""Option mathematics over arrays: checks, broadcasting and loops around the formulas of `pyvault.kernels`."""
