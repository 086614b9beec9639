LONGEST = 16


def is_short(text):
    return len(text) <= LONGEST
