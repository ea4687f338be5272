"""Kernel models of several tasks over one table or several: nonlinear functions, learned jointly. Needs no torch."""
