"""Facts about one file, from its bytes alone.

Nothing here opens anything but the descriptor it is given, and nothing here trusts a byte of it: composition roots
run :func:`vedette.filefacts.inspect.inspect` in the sandbox's worker process.
"""
