"""Messages to confidential clients about traits that they read: what they are told, and the process that tells them."""
