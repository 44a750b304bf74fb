"""MR to CT without pairs: a cycle-consistent GAN learns it, its generator turns MR volumes into synthetic CT."""
