"""Integer twins of the Vyper modules, bit for bit: same file and function names, same argument order."""
