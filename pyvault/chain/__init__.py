"""The only part of pyvault that touches a compiler, an EVM or a node."""
