class SSCursor:
    pass
