"""Settings of how much a form or a file may hold, the same in every installation."""

# The longest body of a page's form; the largest legitimate one is a bulk selection or long notes.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
# Uploaded files do not count towards that limit; the largest that a page accepts has 4 MB.
UPLOAD_MAX_BYTES = 5 * 1_048_576
FILE_UPLOAD_HANDLERS = [
    "ptfi.web.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
