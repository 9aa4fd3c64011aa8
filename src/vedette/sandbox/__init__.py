"""A child process for what must not be trusted: it reads one file at a time, and can do nothing else.

:class:`vedette.sandbox.sandbox.Sandbox` is what others use. The child (``worker``) is a fresh interpreter that imports
one named function and then closes its doors (``doors``): resource limits, an unprivileged user, Landlock and
seccomp, as far as the kernel has them. After that it has two descriptors that lead anywhere, its socket and the file
that came with the request.

It is reused across files, since an interpreter with a parser in it takes a quarter of a second to start. A file that
breaks it costs its own facts and that quarter second. One that takes it over could also lie about the files that the
same worker reads after it: there are ``Limits.calls`` of them at most.
"""
