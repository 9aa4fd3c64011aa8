"""The demonstration: a network and four computers on this machine, all real processes, telling one story."""
