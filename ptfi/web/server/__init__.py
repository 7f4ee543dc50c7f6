"""The web server's own part: requests are read, and answers sent, without holding a worker thread."""
