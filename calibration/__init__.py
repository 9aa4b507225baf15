"""From counts to newtons and millimetres: certificates and the model they hold."""
