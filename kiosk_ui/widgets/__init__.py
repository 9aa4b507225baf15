"""What screens are made of: words, buttons, the ring, the finder, pictures, the band. They draw and say what was touched."""
