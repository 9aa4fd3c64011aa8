"""What all computers have seen, summed up: which files, on how many of them, since when; how much of what arrived."""
