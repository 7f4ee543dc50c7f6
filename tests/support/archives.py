"""Reading a person's download."""

import io
import zipfile
from typing import Any

import orjson


def files(data: bytes) -> tuple[str, dict[str, Any]]:
    """The page and the document of an archive that is whole."""
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        names = {name.rsplit(".", 1)[1]: name for name in found.namelist()}
        assert names.keys() == {"html", "json"}
        return found.read(names["html"]).decode(), orjson.loads(found.read(names["json"]))
