def up_to(last):
    return list(range(last))
