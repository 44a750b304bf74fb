"""Scores, statistics and figures; arrays only."""
