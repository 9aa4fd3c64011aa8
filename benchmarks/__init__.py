"""What Vedette costs: `make bench` measures each figure against its target and a ceiling of the same run."""
