"""What every page uses: response headers, uploads, downloads."""
