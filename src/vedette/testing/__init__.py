"""Fakes behind the real seams, for the tests of Vedette and of what others build on it.

Each passes the contract tests of the thing it stands in for. No sibling room imports this one.
"""
