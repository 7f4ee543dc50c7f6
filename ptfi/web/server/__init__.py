"""The web server: it reads requests and sends responses without occupying a worker thread."""
