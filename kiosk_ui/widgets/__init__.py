"""What screens are made of: words, buttons, ring, finder, pictures, band. They draw, and say what was touched."""
