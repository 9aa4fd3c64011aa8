"""The agent's composition root: the one place that wires the endpoint to this operating system, and the only
reader of its configuration.
"""
