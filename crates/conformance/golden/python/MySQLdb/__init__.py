"""Stands in for MySQLdb, of which CellProfiler needs only the escapes of mysql_escape_string to write SQLite."""

ESCAPES = {0: b"\\0", 10: b"\\n", 13: b"\\r", 26: b"\\Z", 34: b'\\"', 39: b"\\'", 92: b"\\\\"}


class Error(Exception):
    pass


def escape_string(text):
    data = text.encode() if isinstance(text, str) else text
    return b"".join(ESCAPES.get(byte, bytes([byte])) for byte in data)
