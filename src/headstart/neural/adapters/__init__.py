"""Adapters: few new weights in a frozen network, which train in its place."""
