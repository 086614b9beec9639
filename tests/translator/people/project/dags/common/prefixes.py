PREFIX = "p_"
