"""Where subjects come from: label maps, with or without CT."""
