"""A trained model for other folders, machines and tools: what every trainer's `export` is made of."""
