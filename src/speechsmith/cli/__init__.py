"""The command line: `speechsmith` for the operator, `spx` for everyone who trains, tests and deploys models."""
