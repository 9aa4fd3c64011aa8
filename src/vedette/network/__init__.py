"""The network's composition root: the one place that wires its rooms together, and the only reader of its
configuration.

Two processes run: the web process (ingest, the urgent channel, figures) and the pipeline (log to state, lake
and verdicts). They meet only in the data folder, so either can be killed at any moment.
"""
