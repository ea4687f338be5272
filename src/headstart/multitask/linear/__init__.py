"""Linear models of several tasks over one table or several: pooled, apart, or in between. Needs no torch."""
