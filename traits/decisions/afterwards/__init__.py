"""What can be done about a decision later: undoing it, reopening, and adding a note."""
