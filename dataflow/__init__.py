"""What the machine is told: networks, recipes, training products, mappings, their cost, and the scheduler."""
