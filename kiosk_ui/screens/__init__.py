"""One class a kind of screen. Import after `boot.prepare`: these are Kivy widgets."""
