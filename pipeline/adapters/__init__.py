"""The rims: the only place with network, disk, clock and lock."""
