from .prefixes import PREFIX


def named(name):
    return PREFIX + name
