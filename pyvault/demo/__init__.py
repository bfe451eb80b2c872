"""The demonstration: all that exists so far, on one devnet."""
