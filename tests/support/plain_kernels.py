"""Compiled functions as they are written, so that a test need not wait for the compiler."""


def plain(module, monkeypatch):
    """The module with its functions as Python runs them, of which any may be replaced."""
    for name, value in list(vars(module).items()):
        monkeypatch.setattr(module, name, getattr(value, "py_func", value))
    return module
