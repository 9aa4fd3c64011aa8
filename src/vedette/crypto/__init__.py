"""Keys, signed documents, signed requests and the network's authority. Pure: nothing here talks to anybody."""
