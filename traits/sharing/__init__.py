"""What an app may see and do: grants, the selector that turns a person and a client into a slice, and receipts."""
