"""How verdicts reach the computers. Whoever reads says nothing about itself."""
