"""The simulated CT scanner; arrays only."""
