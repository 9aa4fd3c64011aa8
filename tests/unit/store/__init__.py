"""The store: contract tests for any form of it, and what holds for the embedded one."""
