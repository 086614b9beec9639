from mylib import consts


def area(side):
    return side * side * consts.UNIT
