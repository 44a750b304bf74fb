"""An experiment proposed from a folder of label maps: what is there, what it is called, what this machine does."""
