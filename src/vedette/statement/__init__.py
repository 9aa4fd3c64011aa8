"""The statement: what may be reported and why, what a person agreed to, and the proof of it.

``clauses`` holds the words and the clauses, ``terms`` the exact rows, ``consent`` the receipts and what they
allow, ``ledger`` the computer's own record of all its receipts. Everything here is pure, but for the data that
the package ships; files are read and written elsewhere.
"""
