"""What `import labelct` offers, one module a verb: arrays in, arrays out, presets of `conf/` by name."""
