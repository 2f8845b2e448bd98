"""How well self-service answers understand questions that they have not seen."""
