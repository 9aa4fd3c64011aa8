"""The network's front door: joining, admission, the consent filter, the append to the log, and the way back out
of it.
"""
