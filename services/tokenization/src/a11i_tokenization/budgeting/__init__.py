"""What tenants' calls may cost in a period, and who is told when it is used up."""
