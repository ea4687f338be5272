"""headstart: transfer learning with evidence."""

__version__ = "0.1.0"
