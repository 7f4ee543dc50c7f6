"""The keys of the review queue: what each does, which ones a person chose; and finding by name."""
