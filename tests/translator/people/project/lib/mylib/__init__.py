from mylib.shapes import area as area
