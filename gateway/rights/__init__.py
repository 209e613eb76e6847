"""What a person may ask of a business, and what it keeps of him for how long."""
