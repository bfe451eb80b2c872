"""Figures and pages, shared by commands, notebooks and reports."""
