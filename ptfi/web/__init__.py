"""Shared parts of pages: headers, errors, paging, filters, downloads, uploads, language, and the web server."""
