"""From what many computers report to what the network decides: votes, decisions, the verdicts published."""
