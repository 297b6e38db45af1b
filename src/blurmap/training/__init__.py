"""Everything that makes the weights: data synthesis, networks in torch, training, export. Needs the ``train`` extra."""
