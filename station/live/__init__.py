"""What runs while somebody stands: the fixed-rate loop, the timebase, gates, trials, and the engine that ties them."""
