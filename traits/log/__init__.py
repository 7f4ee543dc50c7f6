"""The decision log: snapshots, entries, the hash chain, and how an entry reads in words."""
