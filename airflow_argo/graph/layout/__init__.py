"""Where things are in a drawing, by the method of Sugiyama, Tagawa and Toda (1981): layers, order in them, coordinates."""
