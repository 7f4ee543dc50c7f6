"""What shows from outside that a log is whole: signed heads in a tree, proofs, comparison with earlier downloads."""
