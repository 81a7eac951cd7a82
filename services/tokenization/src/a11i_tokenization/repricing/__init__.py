"""What stored calls cost, worked out anew under the tables of now."""
