"""What the network remembers: the log, the registry, the lake and the state derived from them.

=============  ==============  =====================================  ==============================================
module         file            written by                             holds
=============  ==============  =====================================  ==============================================
``log``        ``log.db``      the web process                        accepted envelopes, until they are trimmed
``registry``   ``registry.db`` the web process and the command line   tokens, installs, consents, tombstones
``state``      ``state.db``    the pipeline and the command line      sightings, counters, journal of verdicts
``lake``       ``lake/ITEM/``  the pipeline                           every accepted row, in columns
=============  ==============  =====================================  ==============================================

Where a form beyond one machine is another program (log, lake), the interface is a Protocol and the contract tests in
``tests/unit/store`` take any implementation. Registry and state are the same classes over another SQLAlchemy engine.
Errors of the database and of the Delta library leave this room as :class:`vedette.errors.StoreError`.
"""
