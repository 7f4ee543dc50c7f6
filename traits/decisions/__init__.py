"""Every decision a person can make, one function each, in one transaction."""
