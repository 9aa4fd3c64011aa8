"""What a program was packed or wrapped with: packers, protectors, installers, archives and launchers.

A rule looks at structure first and at names second, so a section that was renamed changes nothing. A rule is a file, or
a row in a file's table, and says where the structure it looks for is written down.
"""

from vedette.filefacts.packers.identify import identify

__all__ = ["identify"]
