"""How well sources are ranked on 50 labelled rows, against the gains that all labels measure."""
