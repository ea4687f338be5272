"""Pure functions of arrays: kernels, density ratios, statistics. Nothing here knows estimators or domains."""
