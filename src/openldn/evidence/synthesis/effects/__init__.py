"""From what studies print to an effect and its variance."""
