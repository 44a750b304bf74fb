"""What `import labelct` offers, one module a verb: arrays in, arrays out, presets of `conf/` by name."""

from labelct import caches

caches.find_room()  # before a module of this room loads numba
