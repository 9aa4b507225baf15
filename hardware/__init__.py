"""What the sensors say: drivers, buses, virtual chips, the acquisition loop and its ring. Knows no balance rule."""
