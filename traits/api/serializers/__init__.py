"""The shapes of the API, each stated once for requests, answers and the API's document."""
