"""Which of a person's traits say the same as a suggestion, contradict it, or have to do with it."""
