"""The stages of one experiment, each a pure function of its recipe."""
