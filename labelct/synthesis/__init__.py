"""Label maps painted into HU volumes by rule; arrays only."""
